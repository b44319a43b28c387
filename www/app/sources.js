// Where looks come from: the server's demo, a story, one's own experiment with a Prometheus, or a session of before.
//
// Each source has a `name` for files, `parameters` for the address and `next()`: the next look, or undefined where there
// is none. Not here: when the next look is due, what is drawn.

import { call } from './engine.js'
import { pack } from './fragment.js'
import { STORIES } from './stories.js'

/** The server's built-in world; undefined where this page comes from another host. */
export async function demo() {
  const there = await fetch(DEMO).then(reply => reply.ok && reply.headers.get('content-type')?.includes('json'), () => false)
  if (!there) return undefined
  return {
    kind: 'demo',
    name: 'demo',
    seconds: 2,
    tells: 'The server’s built-in demo: three versions of a product page, ten requests a second. The traffic follows each look.',
    parameters: async () => ({ demo: 1 }),
    async next() {
      // The server keeps the state between two looks, as a controller would: whoever reloads the page goes on.
      const reply = await fetch(DEMO, { cache: 'no-store' }).catch(() => undefined)
      if (!reply?.ok) throw new Error('the server does not answer: is `iter8-analytics serve --demo` still running?')
      const experiment = await reply.json()
      const base = new URL('.', location.href).href
      return call('look', { experiment, backend: `${base}demo`, follow: `${base}assessment`, now: new Date().toISOString() })
    },
  }
}

/** A ready world, step by step. */
export function story(key, seed = 1) {
  const { short, title, tells, world } = STORIES[key]
  let at = 0
  return {
    kind: 'story',
    ends: 'The story ends here. Open it once more to see it from the beginning.',
    name: key,
    seconds: 1,
    tells: `${title}${/[?.]$/.test(title) ? '' : '.'} ${tells} Simulated in this page; each look is ${world.interval_seconds} s of traffic.`,
    parameters: async () => ({ story: key, seed }),
    async next() {
      const look = await call('story', { world: { ...world, name: short, iterations: Math.max(world.iterations, ITERATIONS_MIN) }, seed, at })
      if (look.isOver) return undefined
      at++
      return look
    },
  }
}

/**
 * One's own experiment: with a backend again and again; once, as of an instant (`at`) where it is over, or without a backend, by the
 * observations in it. `which` is its place in the text, `look` the only look where that is known already.
 */
export function own({ experiment, text, backend, which, seconds = 5, at, look: told }) {
  let lastState = experiment.last_state
  let iteration = experiment.iteration_number ?? 0
  let isDone = false
  return {
    kind: 'own',
    ends: told ? 'This is the controller’s own last assessment, from the status of the resource: nothing is asked.' : backend ? 'This experiment is over, and this is how it stood at its end.' : 'These are all the metric data there are: the experiment has them in itself, and no Prometheus is asked.',
    name: String(experiment.name ?? experiment.service_name ?? 'experiment'),
    seconds,
    isOnce: !backend || Boolean(at ?? told),
    backend,
    text,
    parameters: async () => {
      const packed = await pack(text)
      return { prometheus: backend, experiment: packed.length <= PACKED_MAX ? packed : undefined, which }
    },
    async next() {
      if (isDone) return undefined
      isDone = !backend || Boolean(at ?? told)
      if (told) return told
      const asked = { ...experiment, iteration_number: iteration, last_state: lastState }
      const look = await call('look', { experiment: asked, backend, now: at ?? new Date().toISOString() }).catch(error => {
        if (backend || error.path !== 'observations') throw error
        throw new Error('there are no metric data: name a Prometheus above, or put `observations` into the experiment')
      })
      iteration++
      lastState = look.assessment.last_state
      return look
    },
  }
}

/** A session that was exported. */
export const past = history => ({ kind: 'past', ends: 'These are all the looks of the session.', name: 'session', seconds: 5, history, tells: 'A session from a file: nothing is asked.', parameters: async () => ({}), next: async () => undefined })

const DEMO = 'demo/experiment'
/** The tutorials are short: somebody who watches one sees what comes after the verdict too. */
const ITERATIONS_MIN = 40
/** Longer addresses are cut by some programs. */
const PACKED_MAX = 6000
