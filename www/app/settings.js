// The playground's settings <-> the address's parameters: what differs from the story, by short names.
//
// What a link says out of range is brought into it. Not here: sliders.

import { CONTROLS, STORIES, VERSION_CONTROLS } from './stories.js'

/** The settings that a link says. */
export function fromParameters(parameters) {
  const named = parameters.get('story')
  const story = named && Object.hasOwn(STORIES, named) ? named : 'peeking'
  const world = structuredClone(STORIES[story].world)
  const count = within(parameters.get('versions'), 1, VERSIONS_MAX, world.versions.length)
  while (world.versions.length < count) addVersion(world)
  world.versions.length = count
  for (const { key, of, min, max, per = 1 } of CONTROLS) world[of] = within(parameters.get(key), min, max, world[of] * per) / per
  world.versions.forEach((version, index) => {
    for (const { key, of, min, max, per = 1 } of VERSION_CONTROLS) version[of] = within(parameters.get(key + index), min, max, version[of] * per) / per
  })
  for (const [key, of] of FLAGS) if (parameters.has(key)) world[of] = parameters.get(key) === '1'
  return { story, world, runs: Math.round(within(parameters.get('runs'), 10, RUNS_MAX, 200)), seed: Math.round(within(parameters.get('seed'), 0, 1e9, 1)) }
}

/** What a link has to say of `settings`. */
export function toParameters({ story, world, runs, seed }) {
  const base = STORIES[story].world
  const found = { story }
  const note = (key, value, usual, per = 1) => {
    if (value !== usual) found[key] = Number((value * per).toPrecision(6))
  }
  note('versions', world.versions.length, base.versions.length)
  for (const { key, of, per } of CONTROLS) note(key, world[of], base[of], per)
  world.versions.forEach((version, index) => {
    for (const { key, of, per } of VERSION_CONTROLS) note(key + index, version[of], base.versions[index]?.[of], per)
  })
  for (const [key, of] of FLAGS) if (world[of] !== base[of]) found[key] = world[of] ? 1 : 0
  note('runs', runs, 200)
  note('seed', seed, 1)
  return found
}

/** One version more, like the last. */
export const addVersion = world => world.versions.push({ ...world.versions.at(-1), id: `v${world.versions.length + 1}` })

function within(text, min, max, usual) {
  const value = text === null || text === '' ? NaN : Number(text)
  return Number.isFinite(value) ? Math.min(Math.max(value, min), max) : usual
}

/** Switches, by their names in links. */
export const FLAGS = [['reward', 'hasReward'], ['even', 'isEven']]
export const VERSIONS_MAX = 5
export const RUNS_MAX = 1000
