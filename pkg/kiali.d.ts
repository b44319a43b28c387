/**
 * What Kiali's backend serves of an iter8 experiment, as an experiment, and what Kiali does not say of it.
 *
 * @example
 * import { assessKiali } from 'iter8-analytics/kiali'
 *
 * const detail = await (await fetch(`api/iter8/namespaces/${namespace}/experiments/${name}`)).json()
 * const { experiment, assessment } = await assessKiali(detail, ask) // `ask`: the host's way to its Prometheus
 */

import type { Assessment, Note } from './types/assessment.js'
import type { Experiment, MetricSpecs } from './types/experiment.js'
import type { Answer, Query } from './types/observations.js'

/**
 * The experiment in `detail`, as the controller would send it, without asking anybody for anything.
 *
 * @throws {Iter8Error} `detail` is not what Kiali serves, or the experiment has not started.
 */
export function fromKiali(detail: KialiExperimentDetail, options?: KialiReadOptions): KialiReading

/**
 * The assessment of the experiment in `detail`, by what `ask` gives; its first notes tell what Kiali does not say.
 *
 * @param ask The parsed body of Prometheus' reply to a query; if it throws, the notes say so.
 * @throws {Iter8Error} As `fromKiali`.
 */
export function assessKiali(
  detail: KialiExperimentDetail,
  ask: (query: Query) => Promise<Answer> | Answer,
  options?: KialiOptions,
): Promise<KialiAssessment>

export interface KialiReadOptions {
  /** The metrics of the ConfigMap iter8config-metrics, where the host has them: they fill Kiali's gaps. */
  metrics?: MetricSpecs | null | undefined
}

export interface KialiOptions extends KialiReadOptions {
  /** The instant to assess as of, RFC 3339; if absent the end of a completed experiment, or the host's clock. */
  now?: string
  /** Where the engine is, as for `init`. */
  module?: string | object
}

export interface KialiReading {
  /** May lack queries of metrics that Kiali does not define: their values are unknown. */
  experiment: Experiment
  /** What Kiali does not say, and what follows; `where` is a path in the model. */
  notes: KialiNote[]
  /** When the experiment ended; undefined while it runs. */
  now: string | undefined
}

export interface KialiAssessment {
  experiment: Experiment
  assessment: Assessment
  /** The instant that it is as of. */
  now: string
}

export interface KialiNote extends Note {
  code: KialiNoteCode
}

export type KialiNoteCode =
  | 'kiali_without_metric'
  | 'kiali_without_zero_to_one'
  | 'kiali_without_request_count'
  | 'kiali_without_last_state'

/** What is read of the model that Kiali's backend serves; other fields may be there. */
export interface KialiExperimentDetail {
  experimentItem: {
    name: string
    phase?: string
    baseline: KialiVersion
    candidates: KialiVersion[] | null
    namespace?: string
    startTime: string
    endTime?: string
    targetService: string
    targetServiceNamespace: string
    kind?: string
  }
  criterias: KialiCriterion[]
  trafficControl?: { strategy?: string; maxIncrement?: number }
}

export interface KialiVersion {
  name: string
}

export interface KialiCriterion {
  criteria: { metric: string; toleranceType: string; tolerance: number; isReward: boolean }
  /** Its names are empty where Kiali has no definition. */
  metric: {
    name: string
    numerator: KialiCounter
    denominator: KialiCounter
    zero_to_one?: boolean
    preferred_direction?: string
  }
}

export interface KialiCounter {
  name: string
  query_template?: string
  preferred_direction?: string
}
