// The parameters of a link -> what it asks to watch; where it cannot be had, an Error of kind `link` that says so.
//
// Numbers out of range are brought into it. Not here: the address itself (fragment.js), watching (watch.js).

import { addressOf } from './address.js'
import { unpack } from './fragment.js'
import { read } from './reading.js'
import { demo, own, story } from './sources.js'
import { STORIES } from './stories.js'

/** `{ source }`; `{ backend }` where a link names a Prometheus alone; `{}` where there is nothing to watch. */
export async function linked(parameters) {
  const packed = parameters.get('experiment')
  const backend = prometheusOf(parameters)
  if (packed !== null) return { source: await experimentOf(packed, backend, parameters.get('which')) }
  const key = parameters.get('story')
  if (key !== null) {
    if (!Object.hasOwn(STORIES, key)) throw wrong(`there is no story \`${key.slice(0, 40)}\` here; there are ${Object.keys(STORIES).join(', ')}`)
    return { source: story(key, wholeOf(parameters.get('seed'), 1)) }
  }
  if (backend) return { backend }
  const source = await demo()
  if (!source && parameters.has('demo')) throw wrong('there is no demo here: it belongs to `iter8-analytics serve --demo`')
  return { source }
}

/** The seconds between two looks; undefined where the link does not say. */
export function paceOf(parameters) {
  const seconds = Number(parameters.get('every'))
  return seconds > 0 ? Math.min(Math.max(seconds, PACE_MIN), PACE_MAX) : undefined
}

function prometheusOf(parameters) {
  try {
    return addressOf(parameters.get('prometheus') ?? '')
  } catch ({ message }) {
    throw wrong(message)
  }
}

async function experimentOf(packed, backend, asked) {
  if (packed === '') throw wrong('its experiment is missing')
  const text = await unpack(packed)
  const { choices } = await read(text)
  if (!choices) throw wrong('it holds a session and no experiment: ask its sender for the file')
  const which = wholeOf(asked, 0)
  if (which >= choices.length) throw wrong(`it asks for number ${which + 1} of what its experiment can be looked at as, and there ${choices.length === 1 ? 'is 1' : `are ${choices.length}`}`)
  return own({ ...choices[which], text, backend, which: choices.length > 1 ? which : undefined })
}

function wholeOf(text, usual) {
  const value = text === null || text === '' ? NaN : Number(text)
  return Number.isFinite(value) ? Math.min(Math.max(Math.round(value), 0), WHOLE_MAX) : usual
}

const wrong = message => Object.assign(new Error(message), { kind: 'link' })

/** Seconds: who looks more often only makes a backend warm. */
const PACE_MIN = 0.2
/** A day: timers know nothing much longer. */
const PACE_MAX = 86_400
/** Beyond, numbers are no whole ones any more. */
const WHOLE_MAX = Number.MAX_SAFE_INTEGER
