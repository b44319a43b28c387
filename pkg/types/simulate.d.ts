// Types of `simulate`: a world as data, and what an experiment in it saw and decided.

/** The names of the ready worlds. */
export type WorldName =
  | 'conformance' | 'canary' | 'canary_bad' | 'ab' | 'abn'
  | 'aa' | 'drift' | 'incident' | 'overdispersion' | 'heavy_tails' | 'abn_many'

export interface WorldVersion {
  id: string
  /** 0 to 1; default 0. */
  error_rate?: number
  /** 0 to 1; default 0. */
  conversion_rate?: number
  /** Milliseconds; `mean` is without the delay. */
  latency_ms?: {
    distribution?: 'gamma' | 'lognormal' | 'pareto'
    mean?: number
    shape?: number
    sigma?: number
    exponent?: number
    delay_probability?: number
    delay_ms?: number
  }
  /** The least and the most that a request buys. */
  books?: [number, number]
}

/** With `base`, every field is optional and replaces the base's. */
export interface World {
  base?: WorldName
  name?: string
  /** The baseline first. */
  versions?: WorldVersion[]
  /** As in an experiment; metrics are iter8_mean_latency, iter8_error_rate, le_500_ms_latency_percentile, mean_books_purchased, conversion_rate. */
  criteria?: object[]
  requests_per_second?: number
  interval_seconds?: number
  iterations?: number
  strategy?: 'progressive' | 'top_2' | 'uniform'
  max_increment?: number
  alpha?: number
  rollback?: 'violated' | 'never'
  method?: 'sequential' | 'v1'
  /** Points [interval, factor] on rates and times, straight lines between them. */
  drift?: [number, number][]
  incident?: { from: number; to: number; factor: number; versions?: string[] }
  icc?: number
  noise?: number
  last_state?: 'echoed' | 'pruned'
  observations?: 'intervals' | 'totals'
  split?: 'recommended' | number[] | number[][]
}

export interface SimulateOptions {
  /** An integer from 0 to 2^53 - 1. */
  seed: number
  method?: 'sequential' | 'v1'
  alpha?: number
  /** Whether each iteration keeps the whole assessment. */
  assessments?: boolean
}

export interface Trajectory {
  world: string
  seed: number
  method: 'sequential' | 'v1'
  truth: { winners: string[]; violating: string[] }
  iterations: {
    iteration: number
    elapsed_seconds: number
    winner: string | null
    best: string
    reason: string
    versions: {
      id: string
      requests: number
      split: number
      win_probability: number
      rollback: boolean
      criteria: {
        id: string
        value: number | null
        lower: number | null
        upper: number | null
        verdict: 'satisfied' | 'violated' | 'undecided' | null
        log_e_satisfied: number | null
        log_e_violated: number | null
      }[]
    }[]
    assessment?: object
  }[]
  summary: {
    winner: string | null
    first_winner: string | null
    first_winner_iteration: number | null
    named_wrongly: boolean
    rolled_back: string[]
    requests: number
    violating_share: number
    reward_per_request: number
    error_rate: number
  }
}

export function simulate(world: WorldName | World, options: SimulateOptions): Trajectory
