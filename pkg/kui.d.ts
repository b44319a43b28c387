/**
 * Kui's call of `POST /assessment`, computed in the process that makes it.
 *
 * @example
 * import { createXMLHttpRequest } from 'iter8-analytics/kui'
 *
 * const XMLHttpRequest = createXMLHttpRequest({ prometheus: 'http://localhost:9090' }) // the rest of Kui's code stays
 */

import type { Assessment } from './types/assessment.js'
import type { Experiment, Method } from './types/experiment.js'
import type { Answer, Query } from './types/observations.js'

/** One of `prometheus` and `ask` has to be there. */
export interface KuiOptions {
  /** The address of a Prometheus, such as "http://localhost:9090"; may have a path. */
  prometheus?: string
  /** The parsed body of Prometheus' reply to a query; beats `prometheus`. */
  ask?: (query: Query) => Promise<Answer> | Answer
  /** The instant to assess as of, RFC 3339; a request's own `now` beats it, the host's clock is taken if absent. */
  now?: () => string | Promise<string>
  /** The statistics to use; beats the request's. */
  method?: Method | null
  /** The longest wait for one query to `prometheus`; 8 if absent. */
  timeoutSeconds?: number
  /** Where the engine is, as for `init`. */
  module?: string | object
}

/** A request as Kui sends it: an experiment, and a field that the engine passes over. */
export type KuiRequest = Experiment & { edgeServiceInformation?: unknown }

/**
 * The reply of `POST /assessment` to `request`.
 *
 * @throws {Iter8Error} The request is wrong. A Prometheus that fails is no error: `status` and `notes` say what is missing.
 */
export function assessment(request: KuiRequest, options: KuiOptions): Promise<Assessment>

/**
 * A class to use in the place of `XMLHttpRequest`. It computes the reply to a `POST` whose address ends in `/assessment`:
 * status 200 and the assessment; 422 with `detail`, a list of `loc` and `msg`, where the request is wrong; 404 and 405 else.
 */
export function createXMLHttpRequest(options: KuiOptions): KuiXMLHttpRequestClass

export interface KuiXMLHttpRequestClass {
  new (): KuiXMLHttpRequest
}

/** What this class has of `XMLHttpRequest`; nothing of it is synchronous. */
export interface KuiXMLHttpRequest {
  readonly readyState: number
  readonly status: number
  readonly statusText: string
  readonly responseText: string
  readonly responseURL: string
  /** The parsed reply where `responseType` is "json", else its text. */
  readonly response: unknown
  responseType: string
  /** Not looked at: `timeoutSeconds` bounds the wait. */
  timeout: number
  /** Not looked at. */
  withCredentials: boolean
  onreadystatechange: ((event: unknown) => unknown) | null
  onload: ((event: unknown) => unknown) | null
  onloadend: ((event: unknown) => unknown) | null
  onerror: ((event: unknown) => unknown) | null
  onabort: ((event: unknown) => unknown) | null
  ontimeout: ((event: unknown) => unknown) | null
  open(method: string, url: string, isAsynchronous?: boolean): void
  setRequestHeader(name: string, value: string): void
  getResponseHeader(name: string): string | null
  getAllResponseHeaders(): string
  send(body?: string | null): void
  abort(): void
  addEventListener(type: string, listener: (event: unknown) => unknown): void
  removeEventListener(type: string, listener: (event: unknown) => unknown): void
}
