// The playground's settings <-> the address's parameters: what differs from the story, by short names.
//
// What a link says out of range is brought into it. Not here: what a setting does to a world (knobs.js).

import { SWITCHES, VERSION_KNOBS, WORLD_KNOBS, addVersion, limitKnob, limitsOf, removeVersion } from './knobs.js'
import { STORIES } from './stories.js'

/** The settings that a link says. */
export function fromParameters(parameters) {
  const named = parameters.get('story')
  const story = named && Object.hasOwn(STORIES, named) ? named : 'peeking'
  const usual = usualOf(story)
  const settings = structuredClone(usual)
  const { world } = settings
  const count = Math.round(within(parameters.get('versions'), 1, VERSIONS_MAX, world.versions.length))
  while (world.versions.length < count) addVersion(world)
  while (world.versions.length > count) removeVersion(world)
  // The reward first: which sliders there are depends on it.
  for (const { key, get, set } of SWITCHES) if (parameters.has(key) && (parameters.get(key) === '1') !== get(world)) set(world, parameters.get(key) === '1')
  for (const [holder, knob, key] of knobsOf(settings)) {
    if (parameters.has(key)) knob.set(holder, within(parameters.get(key), knob.min, knob.max, knob.get(holder) * (knob.per ?? 1)) / (knob.per ?? 1))
  }
  return settings
}

/** What a link has to say of `settings`. */
export function toParameters(settings) {
  const usual = usualOf(settings.story)
  const found = { story: settings.story }
  if (settings.world.versions.length !== usual.world.versions.length) found.versions = settings.world.versions.length
  for (const { key, get } of SWITCHES) if (get(settings.world) !== get(usual.world)) found[key] = get(settings.world) ? 1 : 0
  const before = new Map(knobsOf(usual).map(([holder, knob, key]) => [key, shownOf(holder, knob)]))
  for (const [holder, knob, key] of knobsOf(settings)) {
    const value = shownOf(holder, knob)
    if (value !== before.get(key)) found[key] = value
  }
  return found
}

/** Every slider there is: what it holds on to, itself, its key. */
export function knobsOf(settings) {
  const { world } = settings
  return [
    ...world.versions.flatMap((version, index) => VERSION_KNOBS.filter(({ fits }) => fits(world)).map(knob => [version, knob, `${knob.key}${index}`])),
    ...WORLD_KNOBS.filter(({ fits }) => fits(world)).map(knob => [world, knob, knob.key]),
    ...limitsOf(world).map(([criterion, index]) => [world, limitKnob(criterion, index), `lim${index}`]),
    ...RUN_KNOBS.map(knob => [settings, knob, knob.key]),
  ]
}

/** A slider's value as it is shown. */
export const shownOf = (holder, { get, per = 1 }) => Number((get(holder) * per).toPrecision(6))

function usualOf(story) {
  return { story, world: structuredClone(STORIES[story].world), peek: 1, runs: STORIES[story].runs ?? 200, seed: 1, alpha: 0.05 }
}

function within(text, min, max, usual) {
  const value = text === null || text === '' ? NaN : Number(text)
  return Number.isFinite(value) ? Math.min(Math.max(value, min), max) : usual
}

const setting = (key, of, rest) => ({ key, get: one => one[of], set: (one, value) => (one[of] = value), ...rest })
const whole = (key, of, rest) => ({ ...setting(key, of, rest), set: (one, value) => (one[of] = Math.round(value)) })

/** Sliders of how the world is looked at, and how often it is run. */
export const RUN_KNOBS = [
  whole('peek', 'peek', { label: 'You look', min: 1, max: 100, step: 1, text: ({ peek }) => (peek === 1 ? 'after every interval' : `after every ${peek} intervals`) }),
  setting('alpha', 'alpha', { label: 'Wrong at most, % (alpha, of method sequential)', min: 1, max: 10, step: 0.5, per: 100 }),
  whole('runs', 'runs', { label: 'Experiments', min: 10, max: 1000, step: 10 }),
  whole('seed', 'seed', { label: 'Seed', min: 0, max: 999, step: 1 }),
]
export const VERSIONS_MAX = 20
