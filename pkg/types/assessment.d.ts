// The reply: how every version does, who wins, how to split traffic next.

import type { Method } from './experiment.js'

/** How every version does on every criterion, who wins, and how to split traffic next. */
export interface Assessment {
  /** When the assessment was made: `now` in UTC, ISO 8601 without a zone. */
  timestamp: string
  baseline_assessment: VersionAssessment
  /** In the order of the request. */
  candidate_assessments: CandidateAssessment[]
  /** Whole percents for each version that sum to 100, for each strategy. */
  traffic_split_recommendation: TrafficSplitRecommendation
  winner_assessment: WinnerAssessment
  /** What was amiss with the data, each code once; empty: all well. */
  status: Status[]
  /** What each status code means, in words. */
  status_interpretations: Record<Status, string>
  /** To be sent with the next request, unread. */
  last_state: LastState
  /** The statistics that made this assessment. */
  method: Method
  /** What the engine saw and what is missing, in words. */
  notes: Note[]
}

/** How one version does. */
export interface VersionAssessment {
  /** The version's id, as text. */
  id: string
  /** Requests that the version served; null where unknown. */
  request_count: number | null
  /** One for each criterion, in the order of the request. */
  criterion_assessments: CriterionAssessment[]
  /** Probability that this version wins, 0 to 1. */
  win_probability: number
}

/** How one candidate does. */
export interface CandidateAssessment extends VersionAssessment {
  /** Whether this candidate should get no more traffic. */
  rollback: boolean
  /** Evidence for rolling back, a natural logarithm; null with method "v1". */
  log_e_rollback: number | null
  /** What choosing this version is expected to cost, in the reward's unit; null with method "v1". */
  expected_loss: number | null
}

/** How one version does on one criterion. */
export interface CriterionAssessment {
  /** The criterion's id, as text. */
  id: string
  /** The metric's name, as text. */
  metric_id: string
  statistics: Statistics
  /** How the version stands to the criterion's limit; null without a limit or where unknown. */
  threshold_assessment: ThresholdAssessment | null
  /**
   * Evidence that stays valid at every look; null without a limit, for the baseline under a relative one, and with method
   * "v1".
   */
  evidence: Evidence | null
}

/** How far a version is shown to keep a limit, however often one looks. */
export interface Evidence {
  /** What is shown so far. */
  verdict: Verdict
  /** ln of the e-value for keeping the limit, -700 to 700; null for a counter. */
  log_e_satisfied: number | null
  /** ln of the e-value for violating it, -700 to 700; null for a counter. */
  log_e_violated: number | null
  /** What one of them has to reach. */
  log_e_needed: number
  /** Intervals that count. */
  intervals: number
  /** What is not ruled out at any look; null where everything is left. */
  confidence_sequence: ConfidenceSequence | null
  /** Requests until a verdict, at least; null with one, and where nothing tells. */
  requests_to_verdict: RequestsToVerdict | null
}

export type Verdict = 'satisfied' | 'violated' | 'undecided'

/** Values that are not ruled out: of the metric, in its unit; under a relative limit of its ratio to the baseline's. */
export interface ConfidenceSequence {
  /** Null: unbounded. */
  lower: number | null
  /** Null: unbounded. */
  upper: number | null
  /** The chance that it holds the truth at every look, 1 - alpha. */
  level: number
}

/** How many requests a verdict needs at least: a bound at either end of what the truth may be. */
export interface RequestsToVerdict {
  /** If the truth is as far from the limit as it may be. */
  lower: number
  /** If it is as near; null: it may be at the limit, where no number suffices. */
  upper: number | null
}

/** A metric's value and what is believed of it. */
export interface Statistics {
  /** The observed value, in the metric's unit; null where unknown. */
  value: number | null
  /** Null for a counter, and where nothing is known. */
  ratio_statistics: RatioStatistics | null
}

/** What is believed of a ratio metric. */
export interface RatioStatistics {
  /** 95 % interval of the improvement, percent, positive is better; null with method "v1". */
  improvement_over_baseline: Interval | null
  /** 0 to 1; null with method "v1". */
  probability_of_beating_baseline: number | null
  /** 0 to 1; null with method "v1". */
  probability_of_being_best_version: number | null
  /** Central 95 % of the belief, in the metric's unit. */
  credible_interval: Interval
}

export interface Interval {
  lower: number | null
  upper: number | null
}

/** How a version stands to a limit. */
export interface ThresholdAssessment {
  /** Whether the observed value is beyond the limit. */
  threshold_breached: boolean
  /** Probability that the version keeps the limit, 0 to 1; null where nothing is believed. */
  probability_of_satisfying_threshold: number | null
}

/** The split of traffic that each strategy recommends: version id -> whole percent. */
export interface TrafficSplitRecommendation {
  /** Traffic follows the probability of winning. */
  progressive: Record<string, number>
  /** Traffic goes to the two best versions. */
  top_2: Record<string, number>
  /** Every version gets the same. */
  uniform: Record<string, number>
}

/** Who wins, and how sure that is. */
export interface WinnerAssessment {
  /** Whether a winner can be named. */
  winning_version_found: boolean
  /** The version most likely to win; the first candidate where all probabilities are 0. */
  current_best_version: string
  /** The best version's win probability, 0 to 1. */
  probability_of_winning_for_best_version: number
  /** Why there is a winner, or why there is none yet: one sentence. */
  reason: string
  /** Probability that no version keeps every limit, 0 to 1. */
  no_version_satisfies_probability: number | null
}

/** What was amiss with a piece of data. */
export type Status =
  | 'all_ok'
  | 'no_last_state'
  | 'no_prom_server'
  | 'no_prom_data'
  | 'insufficient_data_for_assessment'
  | 'invalid_experiment_spec'
  | 'invalid prometheus query template'
  | 'absent version in prometheus response'
  | 'no versions in prometheus response'
  | 'zeroed counter'
  | 'zeroed ratio'
  | 'nan value'
  | 'uninitialized belief'
  | 'uninitialized value'

/** What the next call needs to know of this one; to be sent back unread. */
export interface LastState {
  aggregated_counter_metrics: Record<string, Record<string, DataPoint>>
  aggregated_ratio_metrics: Record<string, Record<string, DataPoint>>
  ratio_max_mins: Record<string, MaxMin>
  traffic_split_recommendation: Record<string, Record<string, number>>
  /** What counters grew by since the start; absent where intervals came with the data, and with method "v1". */
  intervals?: Intervals
  /** Candidate -> ln of the evidence that it was rolled back with; absent where nobody was. */
  rolled_back?: Record<string, number>
  /** The form's version. */
  schema: number
}

/** What counters grew by in successive intervals, the last of which is still open. */
export interface Intervals {
  /** Seconds after the start at which the open interval began. */
  open_since: number
  /** Version -> counter -> growth in each interval, oldest first. */
  versions: Record<string, Record<string, Growth[]>>
}

/** Null: unknown. */
export type Growth = number | null

/** A metric's value and when it was learnt. */
export interface DataPoint {
  value: number | null
  timestamp: string | null
  status: Status
}

/** The smallest and the largest value that a ratio has had in any version. */
export interface MaxMin {
  minimum: number | null
  maximum: number | null
}

export type Severity = 'info' | 'warning' | 'error'

/** One thing that the engine saw. */
export interface Note {
  /** What kind of thing: a name that never changes. */
  code: string
  severity: Severity
  /** The path of the field or datum that it is about; null: the whole experiment. */
  where: string | null
  /** A whole sentence, with numbers and units. */
  message: string
  /** The numbers of the sentence. */
  values: Record<string, unknown>
}
