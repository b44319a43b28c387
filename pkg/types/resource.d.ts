// Experiment resources of iter8 (`iter8.tools/v1alpha2`), and what the controller writes into them.

import type { Interval } from './assessment.js'
import type { Experiment } from './experiment.js'

/** What an Experiment resource says. */
export interface Resource {
  /** `metadata.namespace`; "default" where there is none. */
  namespace: string
  /** `metadata.name`. */
  name: string
  /** The request that the controller sends next. One that has not started has no `start_time` yet: set one to assess it. */
  experiment: Experiment
  /** The instant of the assessment in the status: with this `now` all is as it was then; null before the first. */
  now: string | null
  /** What the experiment is at, such as "Progressing" or "Completed"; null before it is seen. */
  phase: string | null
  /** Seconds between two assessments. */
  interval_seconds: number
  /** Assessments after which the controller ends the experiment. */
  max_iterations: number
}

/** The `status` of an Experiment resource; what it held of other things is kept. */
export interface ResourceStatus {
  assessment: { baseline: ResourceVersion; candidates: ResourceVersion[]; winner?: ResourceWinner }
  analysisState: Record<string, unknown>
  conditions: unknown[]
  currentIteration: number
  effectiveHosts: string[]
  experimentType: string
  initTimestamp: string
  startTimestamp: string
  endTimestamp?: string
  lastUpdateTime: string
  message: string
  phase: string
}

/** One version; a number that is unknown is absent. */
export interface ResourceVersion {
  id: string
  name: string
  /** Percent of traffic; null if unknown. */
  weight: number | null
  rollback?: true
  request_count?: number
  win_probability?: number
  criterion_assessments: ResourceCriterion[]
}

export interface ResourceCriterion {
  id: string
  metric_id: string
  statistics?: {
    value?: number
    ratio_statistics?: {
      improvement_over_baseline?: Partial<Interval>
      probability_of_beating_baseline?: number
      probability_of_being_best_version?: number
      credible_interval?: Partial<Interval>
    }
  }
  threshold_assessment?: { threshold_breached: boolean; probability_of_satisfying_threshold?: number }
}

export interface ResourceWinner {
  name?: string
  winning_version_found: boolean
  current_best_version: string
  probability_of_winning_for_best_version: number
}
