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
 * const answers = []
 * for (;;) {
 *   const asked = queries(experiment, { now, answers })
 *   if (asked.length === 0) break // after two rounds
 *   answers.push(...(await Promise.all(asked.map(ask)))) // the caller's own fetch
 * }
 * const assessment = assess(experiment, observe(experiment, answers, { now }), { now })
 */

import type { Assessment } from './types/assessment.js'
import type { Experiment, Method, Seed } from './types/experiment.js'
import type { Answer, Observations, Query } from './types/observations.js'
import type { Resource, ResourceStatus } from './types/resource.js'
import type { Trajectory, World, WorldName } from './types/simulation.js'

export * from './types/assessment.js'
export * from './types/experiment.js'
export * from './types/observations.js'
export * from './types/resource.js'
export * from './types/simulation.js'

/**
 * Loads the engine. Needed once, before the first call, in browsers and workers; further calls do nothing. In Node, Deno
 * and Bun every function loads it from disk by itself. A call that failed may be repeated.
 */
export default function init(options?: InitOptions): Promise<void>

/**
 * What to ask Prometheus, in order; empty in the first 20 s of an experiment.
 *
 * With the `answers` so far: what they make possible to ask further; nothing, once all is asked. A caller that asks the
 * first round alone has totals, and no intervals.
 *
 * @throws {Iter8Error} The experiment or an option is wrong.
 */
export function queries(experiment: Experiment, options: QueryOptions): Query[]

/**
 * Observations from Prometheus' answers, one for each of `queries` at the same `now`, in their order, all rounds in one array.
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

/**
 * What an experiment in a world of known truth sees and decides, call by call: the engine's split routes the world's next
 * requests. The same world and seed give the same trajectory, here and from `iter8-analytics simulate`.
 *
 * @param world The name of a ready world, or a world; its `base` may name the ready one whose fields it replaces.
 * @throws {Iter8Error} The world or an option is wrong.
 */
export function simulate(world: World | WorldName, options: SimulateOptions): Trajectory

/**
 * The experiments among documents of Kubernetes, as iter8's controller makes requests of them: Experiment resources
 * (`iter8.tools/v1alpha2`), lists of them, and the ConfigMap `iter8config-metrics` with their metrics. Other resources are
 * passed over.
 *
 * @param documents Parsed YAML or JSON: one document, or an array. The lists in the ConfigMap's data may be text still.
 * @throws {Iter8Error} Something is wrong: paths such as "documents[1].spec.criteria[0].threshold.type". Unknown fields are.
 */
export function fromResource(documents: unknown): Resource[]

/**
 * The `status` of an Experiment resource once the controller has `assessment`, the reply to its request: what the columns of
 * kubectl and Kiali show.
 *
 * @param document The Experiment resource, whose status so far is kept where the assessment says nothing.
 * @throws {Iter8Error} The document is no Experiment, or the assessment is not of its versions.
 */
export function toStatus(document: unknown, assessment: Assessment): ResourceStatus

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

export interface SimulateOptions {
  /** Where the world's draws start: an integer from 0 to 2^53 - 1. */
  seed: number
  /** The statistics to assess with; beats the world's. */
  method?: Method | null
  /** The chance of ever declaring wrongly, above 0 and at most 0.1; beats the world's. */
  alpha?: number | null
  /** Whether each iteration keeps its whole assessment; false if absent. */
  assessments?: boolean | null
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
