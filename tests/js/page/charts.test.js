// What charts say: who is who at any number of versions, what lies beyond an axis, what a range is worth, who lost what they had won.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { amount, criteriaOf, number, round, shade } from '../../../pkg/component/words.js'
import { add, empty } from '../../../www/app/history.js'
import { STORIES } from '../../../www/app/stories.js'
import { beliefs, evidence, sequence, traffic, wins } from '../../../www/chart/charts.js'
import { below, marks } from '../../../www/chart/marks.js'
import { story } from '../../../www/worker/story.js'

// The first looks of a story, with its criterion number `at`.
function seen(name, looks, { at = 0, seed = 1 } = {}) {
  const { world } = STORIES[name]
  const history = empty()
  for (let look = 0; look < looks; look++) {
    const found = story({ world: { ...world, name, iterations: Math.max(world.iterations, 40) }, seed, at: look })
    if (found.isOver) break
    add(history, found)
  }
  return { history, at, criterion: criteriaOf(history.last.experiment, history.last.assessment)[at] }
}

const legend = ({ layers }) => layers.find(({ kind }) => kind === 'legend').entries
const heights = layer => layer.points.map(([, value]) => value).filter(value => value !== null)

test('ten candidates have a name in every chart, and no two lines look alike', () => {
  const { history, criterion } = seen('abn_many', 12)
  const ids = history.rows[0].versions.map(({ id }) => id)
  for (const chart of [evidence(history, 0, criterion), sequence(history, 0, criterion), wins(history), traffic(history)]) {
    assert.deepEqual(legend(chart).map(({ name }) => name).filter(name => ids.includes(name)).sort(), [...ids].sort())
    for (const width of [288, 600]) {
      const height = (chart.height ?? 220) + below(chart, width)
      const words = marks(chart, width, height).filter(({ text }) => ids.some(id => new RegExp(`(^|\\s)${id}(\\s|$)`).test(text ?? '')))
      assert.ok(words.length >= ids.length, String(words.map(({ text }) => text)))
      const places = words.filter(({ anchor }) => anchor === 'start').map(({ y }) => y).sort((one, other) => one - other)
      assert.ok(places.every((y, index) => index === 0 || y - places[index - 1] >= 14) && places[0] > 0 && places.at(-1) <= height, `${places} of ${height}`)
    }
  }
  const looks = ids.map((_, index) => `${shade(index)} ${round(index)}`)
  assert.equal(new Set(looks).size, ids.length, String(looks))
})

test('evidence beyond the axis ends in an arrow and says how much there is', () => {
  const { history, criterion } = seen('conformance', 30)
  const chart = evidence(history, 0, criterion)
  const [, top] = chart.y
  const most = history.rows.at(-1).versions[0].criteria[0].satisfied
  assert.ok(most > 2 * top, `${most} of ${top}`)
  assert.equal(chart.layers.filter(({ kind, isUp }) => kind === 'arrow' && isUp).length, 1)
  assert.match(chart.caption, /An arrow: it goes on beyond the axis/)
  assert.equal(legend(chart).find(({ name }) => name === 'reviews-v2').after, ` ↑ ${number(most)}`)
  // It reaches the edge, and does not run along it.
  for (const layer of chart.layers.filter(({ kind }) => kind === 'line')) {
    const found = heights(layer)
    assert.ok(found.every(value => value <= top) && found.filter(value => value === top).length <= 1, String(found))
  }
  // What is needed stays where one can tell a crossing.
  const needed = chart.layers.find(({ kind }) => kind === 'rule').at
  assert.ok(needed > top / 8)
})

test('what is not ruled out promises no more than it keeps', () => {
  const scattered = seen('overdispersion', 40)
  const said = sequence(scattered.history, 0, scattered.criterion).caption
  assert.match(said, /Not to be relied on here: the intervals of v\d \([\d.]+ times\).* scatter more than chance alone/)
  assert.doesNotMatch(said, /however often/)
  const calm = seen('aa', 20)
  assert.match(sequence(calm.history, 0, calm.criterion).caption, /however often one looks, where requests are independent/)
  for (const name of Object.keys(STORIES)) {
    const { history, criterion } = seen(name, 4)
    assert.doesNotMatch(sequence(history, 0, criterion)?.caption ?? '', /Narrower with every request/, name)
  }
})

test('where nothing is ruled out yet the chart says so, and a single look is drawn', () => {
  const early = seen('canary_bad', 1)
  assert.match(sequence(early.history, 0, early.criterion).caption, /^Nothing is ruled out yet/)
  const { history, criterion } = seen('canary_bad', 3)
  const chart = sequence(history, 0, criterion)
  const known = history.rows.filter(({ versions }) => versions[1].criteria[0].sequence_upper !== null)
  assert.equal(known.length, 1)
  assert.ok(chart.layers.some(({ kind, index, points }) => kind === 'line' && index === 1 && points.length === 2 && points[0][0] === points[1][0] && points[0][1] > points[1][1]))
})

test('a winner that is one no longer is marked as such', () => {
  const { history } = seen('abn_many', 60)
  const winners = history.rows.map(({ winner }) => winner)
  const lost = winners.findIndex((winner, look) => look > 0 && winner === null && winners[look - 1] !== null)
  assert.ok(lost > 0, 'the story has a loss')
  const texts = traffic(history).layers.filter(({ kind }) => kind === 'rule').map(({ at, name, text }) => [at, name + text])
  assert.deepEqual(texts.find(([at]) => at === history.rows[lost].elapsed), [history.rows[lost].elapsed, `${winners[lost - 1]} no longer`])
})

test('numbers have the unit that the metric names', () => {
  const { criterion } = seen('canary', 2)
  assert.equal(criterion.unit, 'ms')
  const of = metric => criteriaOf({ metric_specs: { ratio_metrics: [{ name: 'm', ...metric }] } }, { baseline_assessment: { criterion_assessments: [{ id: 'm', metric_id: 'm' }] } })[0].unit
  assert.deepEqual([of({ units: 'msec' }), of({ unit: 'books' }), of({}), of({ units: 7 }), of({ units: ' ' })], ['ms', 'books', undefined, undefined, undefined])
})


test('nearly all is not told as all, and what was observed is told apart from what is believed', () => {
  const share = value => amount(value, { isProportion: true })
  assert.deepEqual([0.9997, 0.99999985, 0.995, 1, 0.5, 0, null].map(share), ['99.97 %', '99.999985 %', '99.5 %', '100 %', '50 %', '0 %', '–'])
  assert.equal(amount(0.99997, { isProportion: false }), '1')
  const { history, criterion } = seen('abn', 6, { at: 2 })
  assert.match(beliefs(history, 2, criterion).words, /productpage-v1: observed 100 %, believed with 95 % between 9[\d.]+ % and 99\.9\d* %/)
})
