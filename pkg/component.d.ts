/**
 * `<iter8-assessment>`: who wins and why, and how each version does. Importing this module defines the element.
 *
 * @example
 * import 'iter8-analytics/component'
 *
 * const shown = document.querySelector('iter8-assessment')
 * shown.experiment = experiment
 * shown.observations = observations // the engine is loaded now; or: shown.assessment = assessment
 */

import type { Assessment } from './types/assessment.js'
import type { Experiment } from './types/experiment.js'
import type { Observations } from './types/observations.js'

/** Without the DOM library of types it is an object with these properties alone. */
type Base = typeof globalThis extends { HTMLElement: { prototype: infer Element } } ? Element : object

export interface Iter8AssessmentProperties {
  /** What is compared; its limits are drawn. As an attribute: JSON. */
  experiment: Experiment | undefined
  /** Metric data, to be assessed; those in the experiment if absent. As an attribute: JSON. */
  observations: Observations | undefined
  /** Shown as it is: nothing is assessed then. As an attribute: JSON. */
  assessment: Assessment | undefined
  /** The instant to assess as of, RFC 3339; the experiment's own `now`, or else the host's clock, if absent. */
  now: string | undefined
}

/** Sends `assessment` (`detail`: the assessment) with everything it shows, and `error` (`detail`: the error) if it cannot. */
export type Iter8Assessment = Base & Iter8AssessmentProperties

export const Iter8Assessment: { new (): Iter8Assessment; prototype: Iter8Assessment }
