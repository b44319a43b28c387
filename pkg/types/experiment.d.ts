// An experiment: what is compared, what is measured, what is looked at. The form of the body of `POST /assessment`.

import type { Observations } from './observations.js'
import type { LastState } from './assessment.js'

/** `"sequential"`: exact beliefs, and verdicts that hold at every look; `"v1"`: the statistics of iter8-analytics 1.0. */
export type Method = 'sequential' | 'v1'

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
  /** When a candidate is taken out of traffic; `"violated"` if absent. */
  rollback?: Rollback | null
  /** Metric data: then nothing needs to be asked. */
  observations?: Observations | null
}

/** `"violated"`: once a candidate is shown to violate its limits. */
export type Rollback = 'violated' | 'never'

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
  /** Distributions of values; not for method "v1". */
  histogram_metrics?: HistogramMetric[] | null
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
    /** What it adds up; inferred from its use if absent. */
    kind?: CounterKind | null
    /** Name of the counter whose values it squares; needed with the kind "sum_of_squares". */
    of?: string | number
  }

/** Events, values, or squares of the values of another counter. */
export type CounterKind = 'count' | 'sum' | 'sum_of_squares'

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

/** How values are distributed: cumulative counts up to successive edges. */
export type HistogramMetric = MetricBase &
  Named & {
    /** PromQL as a counter's, grouped by `le` too; not needed where observations are given. */
    query_template?: string | null
    /** Name of the counter with the exact sum of all values. */
    sum?: string | number | null
  }

/** A metric that is reported, held to a limit, or to be optimised. */
export interface Criterion {
  /** The criterion's name in replies. */
  id: string | number
  /** Name of a counter, a ratio or a histogram. */
  metric_id: string | number
  /** Whether this ratio is what the experiment optimises; one criterion at most. */
  is_reward?: boolean
  /** The limit. */
  threshold?: Threshold | null
  /** Of a histogram: which quantile is held to the limit, 0 to 1, such as 0.99; its mean if absent. */
  quantile?: number | null
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
