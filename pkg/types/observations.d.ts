// What to ask Prometheus, what it answers, and the metric data that become of it.

/** One question for Prometheus. */
export type Query = InstantQuery | RangeQuery

/** One value for each series: `GET /api/v1/query?query=...&time=...`. */
export interface InstantQuery {
  /** The counter or histogram that the answer is for. */
  metric: string
  kind: 'instant'
  /** PromQL. */
  query: string
  /** When to evaluate, seconds since 1970. */
  time: number
  start?: undefined
  end?: undefined
  step?: undefined
}

/** Values at successive times: `GET /api/v1/query_range?query=...&start=...&end=...&step=...`. */
export interface RangeQuery {
  /** The counter that the answer is for. */
  metric: string
  kind: 'range'
  /** PromQL. */
  query: string
  time?: undefined
  /** When to evaluate first, seconds since 1970. */
  start: number
  /** When to evaluate last. */
  end: number
  /** Seconds from one evaluation to the next. */
  step: number
}

/** The parsed body of Prometheus' reply, or why there is none. */
export type Answer = PrometheusReply | { error: string }

/** Prometheus' reply to a query. */
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
  /** Version id -> counter or histogram -> what was counted since the start. */
  versions: Record<string, Record<string, Observation>>
  /** How many of the intervals belong together, as they were cut in one way; all of them if absent. */
  blocks?: number[]
  /** What could not be fetched; ends in the assessment's `notes` and `status`. */
  problems?: Problem[]
}

/** What a version's counter or histogram did since the start; null is unknown, and never zero. */
export type Observation = Course<number> | Course<Buckets> | null

/** The total; or successive intervals, oldest first, as many for every version and metric; or both. */
export type Course<T> = T | (T | null)[] | { total?: T | null; intervals?: (T | null)[] | null }

/** A histogram's counts. */
export interface Buckets {
  /** Upper edge -> values at or below it; the last edge is "+Inf". */
  buckets: Record<string, number>
  /** Of all values; absent: unknown. */
  sum?: number | null
}

/** What a host could not get. */
export interface Problem {
  /** The counter or histogram. */
  metric: string
  /** The version; absent: every version. */
  version?: string
  /** A status code, such as "no_prom_server". */
  code: string
  /** Why, in a sentence. */
  message: string
}
