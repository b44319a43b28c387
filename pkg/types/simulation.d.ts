// A world whose truth is known, and what an experiment in it sees and decides.

import type { Assessment, Verdict } from './assessment.js'
import type { Criterion, Method, Rollback, Strategy } from './experiment.js'

/** The name of a ready world: iter8's tutorials, and worlds that lead statistics astray. */
export type WorldName =
  | 'conformance'
  | 'canary'
  | 'canary_bad'
  | 'ab'
  | 'abn'
  | 'aa'
  | 'drift'
  | 'incident'
  | 'overdispersion'
  | 'heavy_tails'
  | 'abn_many'

/** How versions answer, what is asked of them, and what happens to both. Whatever is absent is as in the `base`. */
export interface World {
  /** The ready world whose fields this one replaces; without it `versions` are needed. */
  base?: WorldName | null
  name?: string | null
  /** The baseline, then the candidates; at most 20. */
  versions?: WorldVersion[] | null
  /** 10 if neither here nor in the base. */
  requests_per_second?: number | null
  /** Between two calls of the engine, 1 to 86,400; else 30. */
  interval_seconds?: number | null
  /** `[intervals, their seconds]`, one after the other, before those of `interval_seconds`. */
  blocks?: [number, number][] | null
  /** Calls of the engine, 1 to 1,000; else 100. The first has no data yet. */
  iterations?: number | null
  /**
   * As in an experiment. Metrics are `iter8_mean_latency`, `iter8_error_rate`, `le_500_ms_latency_percentile`,
   * `mean_books_purchased` and `conversion_rate`, and the counters below them.
   */
  criteria?: Criterion[] | null
  strategy?: Strategy | null
  /** Percent that a candidate's share may grow by with one call. */
  max_increment?: number | null
  alpha?: number | null
  rollback?: Rollback | null
  method?: Method | null
  /** `[interval, factor]`: rates and times are multiplied, on straight lines between these points. */
  drift?: [number, number][] | null
  incident?: WorldIncident | null
  /** How alike the requests of an interval are: the correlation of two of them, 0 to 0.5. */
  icc?: number | null
  /** Relative standard deviation of an interval's mean time around the version's, 0 to 2. */
  noise?: number | null
  /** Whether each call gets the last reply's state, as it should, or nothing, as from a cluster that prunes it. */
  last_state?: 'echoed' | 'pruned' | null
  /** Whether the engine gets a number for each interval, or what was counted since the start. */
  observations?: 'intervals' | 'totals' | null
  /** What routes requests: what the engine recommends, or percents for each version, or rows of them in turn. */
  split?: 'recommended' | number[] | number[][] | null
}

/** How one version answers. */
export interface WorldVersion {
  id: string
  /** Share of requests that fail, 0 to 1; else 0. */
  error_rate?: number | null
  /** Share of requests that convert, 0 to 1; else 0. */
  conversion_rate?: number | null
  latency_ms?: WorldLatency | null
  /** What a request that does not fail buys: each whole number from the first to the second alike. */
  books?: [number, number] | null
}

/** How long a version takes to answer, milliseconds. */
export interface WorldLatency {
  /** `gamma` if absent. */
  distribution?: 'gamma' | 'lognormal' | 'pareto' | null
  /** Else 50. */
  mean?: number | null
  /** Of `gamma`: the standard deviation is mean/sqrt(shape); else 4. */
  shape?: number | null
  /** Of `lognormal`: the logarithm's standard deviation; else 1. */
  sigma?: number | null
  /** Of `pareto`: the tail's exponent; else 2.5. */
  exponent?: number | null
  /** The probability that a request is held up on top. */
  delay_probability?: number | null
  /** For how long. */
  delay_ms?: number | null
}

/** Intervals in which rates and times are multiplied. */
export interface WorldIncident {
  /** The first of them. */
  from: number
  /** The first after them. */
  to: number
  factor: number
  /** Ids of those that it hits; all if absent or empty. */
  versions?: string[] | null
}

/** What an experiment in a world saw and decided. */
export interface Trajectory {
  /** The world's name. */
  world: string
  seed: number
  /** The statistics that assessed. */
  method: Method
  truth: Truth
  /** From the first on, which has no data yet; fewer than the world says where all candidates were rolled back. */
  iterations: Iteration[]
  summary: Summary
}

/** What should be decided, by the world's true rates without drift and incident. */
export interface Truth {
  /** Versions that may rightly be named the winner; none where all are alike. */
  winners: string[]
  /** Versions that are beyond a limit. */
  violating: string[]
}

/** One call of the engine. */
export interface Iteration {
  /** From 0. */
  iteration: number
  /** Seconds since the start. */
  elapsed_seconds: number
  /** The winner, if there is one. */
  winner: string | null
  /** The version most likely to win. */
  best: string
  /** Why there is a winner, or why there is none yet. */
  reason: string
  /** The baseline, then the candidates. */
  versions: VersionStep[]
  /** The whole assessment, if the options ask for it. */
  assessment?: Assessment
}

/** One version at one iteration. */
export interface VersionStep {
  id: string
  /** Requests in the interval that ended now. */
  requests: number
  /** Percent of the next interval's requests. */
  split: number
  /** 0 to 1. */
  win_probability: number
  /** Whether it is to get no more traffic. */
  rollback: boolean
  /** In the experiment's order. */
  criteria: CriterionStep[]
}

/** One criterion of one version at one iteration. */
export interface CriterionStep {
  id: string
  /** As observed since the start; null where unknown. */
  value: number | null
  /** The lower end of the 95 % credible interval. */
  lower: number | null
  /** The upper end. */
  upper: number | null
  /** Null without a limit, for the baseline under a relative one, and with method `v1`. */
  verdict: Verdict | null
  /** ln of the e-value for keeping the limit. */
  log_e_satisfied: number | null
  /** ln of the e-value for violating it. */
  log_e_violated: number | null
}

/** What came of an experiment. */
export interface Summary {
  /** The last iteration's winner. */
  winner: string | null
  /** The first winner that was ever named. */
  first_winner: string | null
  /** The iteration that named it. */
  first_winner_iteration: number | null
  /** Whether a version was ever named that is none of the right winners. */
  named_wrongly: boolean
  /** Versions that were ever rolled back. */
  rolled_back: string[]
  /** Requests since the start. */
  requests: number
  /** Share of them that went to versions beyond a limit, 0 to 1. */
  violating_share: number
  /** Books a request, or conversions where no version sells books; over all versions. */
  reward_per_request: number
  /** Share of requests that failed, 0 to 1. */
  error_rate: number
}
