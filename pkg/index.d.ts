/**
 * Assessment engine for online experiments with versions of a microservice.
 *
 * An experiment and metric data become an assessment: how every version does on every criterion, who wins and how sure
 * that is, how to split traffic next. Nothing is fetched in here: `queries` says what to ask Prometheus, the caller asks.
 *
 * @example
 * import init, { assess, observe, queries } from 'iter8-analytics'
 *
 * await init() // not needed in Node, Deno and Bun
 * const now = new Date().toISOString()
 * const asked = queries(experiment, { now })
 * const answers = await Promise.all(asked.map(ask)) // the caller's own fetch
 * const assessment = assess(experiment, observe(experiment, answers, { now }), { now })
 */

/**
 * Loads the engine. Needed once, before the first call, in browsers and workers; further calls do nothing. In Node, Deno
 * and Bun every function loads it from disk by itself. A call that failed may be repeated.
 */
export default function init(options?: InitOptions): Promise<void>

/**
 * What to ask Prometheus, in order; empty in the first 20 s of an experiment.
 *
 * With the `answers` so far: what they make possible to ask further; nothing, once all is asked.
 *
 * @throws {Iter8Error} The experiment or an option is wrong.
 */
export function queries(experiment: Experiment, options: QueryOptions): Query[]

/**
 * Observations from Prometheus' answers, one for each of `queries` at the same `now`, in their order.
 *
 * An answer that cannot be used is no error: it becomes one of the observations' `problems`.
 *
 * @throws {Iter8Error} The experiment is wrong, or there are more or fewer answers than queries.
 */
export function observe(experiment: Experiment, answers: Answer[], options: ObserveOptions): Observations

/**
 * How every version does, who wins, and how to split traffic next.
 *
 * @param observations What `observe` gave, or the caller's own; null or undefined: those in the experiment.
 * @throws {Iter8Error} The experiment, the observations or an option are wrong.
 */
export function assess(
  experiment: Experiment,
  observations: Observations | null | undefined,
  options: AssessOptions,
): Assessment

/** The version of the engine and of this package, such as "1.3.0". */
export function version(): string

export interface InitOptions {
  /**
   * Where the engine is, if not in the file beside this module: an address (text or URL), a Response or the promise of
   * one, the module's bytes, or a compiled `WebAssembly.Module`.
   */
  module?: string | object
}

export interface QueryOptions {
  /** The instant to assess as of, RFC 3339, such as `new Date().toISOString()`. */
  now: string
  /** The answers so far, of all rounds, in the order of their queries. */
  answers?: Answer[] | null
}

export interface ObserveOptions {
  /** The instant that the queries were made for, RFC 3339. */
  now: string
}

export interface AssessOptions {
  /** The instant to assess as of, RFC 3339. */
  now: string
  /** The statistics to use; beats the experiment's. */
  method?: Method | null
  /** Where random draws start; beats the experiment's. */
  seed?: Seed | null
}

/** What is thrown where an argument is wrong: an `Error` with this name. */
export interface Iter8Error extends Error {
  name: 'Iter8Error'
  /** What was found and what is allowed, of the first fault; the same words as over HTTP. */
  message: string
  /** The first fault's field, such as "criteria[0].threshold.value"; "" for the experiment as a whole. */
  path: string
  /** All faults. */
  errors: { path: string; message: string }[]
}

/** `"v1"`: the statistics of iter8-analytics 1.0. */
export type Method = 'v1'

/** An integer from 0 to 2^53 - 1, or `"random"`: the host's entropy. */
export type Seed = number | 'random'

/** An experiment, in the form of the body of `POST /assessment`. */
export interface Experiment {
  /** When the experiment started: RFC 3339, or seconds (or milliseconds) since 1970. */
  start_time: string | number
  /** Counts the calls, from 0. */
  iteration_number?: number | null
  /** The experiment's name. */
  name?: string | null
  /** The service whose versions are compared. */
  service_name: string
  /** The version that serves now. */
  baseline: Version
  /** The versions that may follow it; may be empty. At most 200 versions in all. */
  candidates: Version[]
  /** The metrics that criteria name, and the counters that those need. */
  metric_specs: MetricSpecs
  /** What is looked at, in the order of the reply. */
  criteria: Criterion[]
  /** How fast traffic may move. */
  traffic_control?: TrafficControl
  /** The `last_state` of the previous assessment, unread. */
  last_state?: LastState | Record<string, never> | null
  /** The statistics to use. */
  method?: Method | null
  /** The instant to assess as of; HTTP and the command line alone read it, here it is an option of the call. */
  now?: string | null
  /** Where random draws start; a hash of name, start and iteration if absent. */
  seed?: Seed | null
  /** Chance of ever declaring wrongly, above 0 and at most 0.1; 0.05 if absent. */
  alpha?: number | null
  /** Win probability that a winner must exceed, 0.5 to 1; 0.99 if absent. */
  winner_threshold?: number | null
  /** Percent of traffic for exploration, 0 to 50; 5 if absent. */
  exploration_percentage?: number | null
  /** Seconds between two scrapes of the backend, above 0 and at most 3600; learnt if absent. */
  scrape_interval_seconds?: number | null
  /** When a candidate is to be rolled back; `"violated"` if absent. */
  rollback?: 'violated' | 'never' | null
  /** Metric data: then nothing needs to be asked. */
  observations?: Observations | null
}

/** One version of the service. */
export interface Version {
  /** The version's name in observations and replies. A number is echoed as its text. */
  id: string | number
  /** The labels of the version's series in Prometheus; not needed where observations are given. */
  version_labels?: Record<string, string>
}

export interface MetricSpecs {
  /** Must have `iter8_request_count`. */
  counter_metrics: CounterMetric[]
  /** Quotients of two counters. */
  ratio_metrics: RatioMetric[]
}

/** Which values of a metric are better. */
export type Direction = 'lower' | 'higher'

interface MetricBase {
  /** Which values are better; needed for a criterion with a threshold. */
  preferred_direction?: Direction | null
  /** For people. */
  descriptive_short_name?: string | null
}

/** A metric has a `name`; `id` is the same in an older dialect. */
type Named = { name: string | number; id?: string | number } | { id: string | number; name?: undefined }

/** What grows with time: a count or a sum. */
export type CounterMetric = MetricBase &
  Named & {
    /** PromQL with `$interval` and `$version_labels`; not needed where observations are given. */
    query_template?: string | null
  }

/** The quotient of two counters. */
export type RatioMetric = MetricBase &
  Named & {
    /** Name of a counter. */
    numerator: string
    /** Name of a counter. */
    denominator: string
    /** Whether the ratio is a proportion, such as an error rate. False if absent. */
    zero_to_one?: boolean
  }

/** A metric that is reported, held to a limit, or to be optimised. */
export interface Criterion {
  /** The criterion's name in replies. */
  id: string | number
  /** Name of a counter or a ratio. */
  metric_id: string | number
  /** Whether this ratio is what the experiment optimises; one criterion at most. */
  is_reward?: boolean
  /** The limit. */
  threshold?: Threshold | null
}

/** A limit has a `type`; `threshold_type` is the same in an older dialect. */
export type Threshold = {
  /** In the metric's unit, or as a multiple of the baseline's value. */
  value: number
} & ({ type: ThresholdType; threshold_type?: ThresholdType } | { threshold_type: ThresholdType; type?: undefined })

export type ThresholdType = 'absolute' | 'relative'

export interface TrafficControl {
  /** Percent of traffic that a candidate may gain a call, 0 to 100; 2 if absent. */
  max_increment?: number
  /** Which of the recommended splits is used. */
  strategy?: Strategy
}

export type Strategy = 'progressive' | 'top_2' | 'uniform'

/** One question for Prometheus: `GET /api/v1/query?query=...&time=...`. */
export interface Query {
  /** The counter that the answer is for. */
  metric: string
  /** One value for each series, at `time`. */
  kind: 'instant'
  /** PromQL. */
  query: string
  /** When to evaluate, seconds since 1970. */
  time: number
}

/** The parsed body of Prometheus' reply, or why there is none. */
export type Answer = PrometheusReply | { error: string }

/** Prometheus' reply to an instant query. */
export interface PrometheusReply {
  status: 'success' | 'error'
  data?: unknown
  errorType?: string
  error?: string
  warnings?: string[]
  infos?: string[]
}

/** Metric data of every version. */
export interface Observations {
  /** Version id -> counter -> what was counted since the start. */
  versions: Record<string, Record<string, Observation>>
  /** What could not be fetched; ends in the assessment's `notes` and `status`. */
  problems?: Problem[]
}

/**
 * What a version's counter did since the start: the total; or successive intervals, as many for every version and metric;
 * or both; or null, which is unknown and never zero.
 */
export type Observation =
  | number
  | null
  | (number | null)[]
  | { total?: number | null; intervals?: (number | null)[] | null }

/** What a host could not get. */
export interface Problem {
  /** The counter. */
  metric: string
  /** The version; absent: every version. */
  version?: string
  /** A status code, such as "no_prom_server". */
  code: string
  /** Why, in a sentence. */
  message: string
}

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
  /** Evidence that stays valid at every look; null with method "v1". */
  evidence: null
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
  /** The form's version. */
  schema: number
}

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
