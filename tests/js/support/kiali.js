// What Kiali's backend serves of an experiment, with its gaps: never a `zero_to_one`, nothing of a counter that is a criterion.

/** A counter of `series`. */
export const counter = (name, series) => ({ name, query_template: `sum(increase(${series}[$interval])) by ($version_labels)`, preferred_direction: '', unit: '' })

/** A ratio as Kiali knows it. */
export const ratio = (name, numerator, denominator, direction) => ({ name, numerator, denominator, preferred_direction: direction })

/** What Kiali serves of a metric that it does not know; `of` is the criterion's own word for it. */
export const nothing = of => ({ of, name: '', numerator: { ...NOBODY }, denominator: { ...NOBODY } })

/** The model of `GET /api/iter8/namespaces/bookinfo/experiments/reviews`; criteria are `[metric, type, value, isReward]`. */
export function detail(criteria, { phase = 'Progressing', endTime = '', startTime = '2026-01-01T10:00:00Z', kind = 'Deployment', candidates = ['reviews-v3'] } = {}) {
  const version = (name, weight) => ({ name, version: '', weight, winProbability: 0, requestCount: 0, criterionAssessment: null })
  return {
    experimentItem: {
      name: 'reviews', phase, status: '', baseline: version('reviews-v2', 80), candidates: candidates.map(name => version(name, 20)), namespace: '',
      initTime: '2026-01-01T09:59:58Z', startTime, endTime, targetService: 'reviews', targetServiceNamespace: 'bookinfo',
      winner: { winning_version_found: false }, kind, experimentKind: 'Canary',
    },
    criterias: criteria.map(([{ of, ...metric }, toleranceType, tolerance, isReward = false]) => {
      const name = of ?? metric.name
      return { name, criteria: { metric: name, toleranceType, tolerance, stopOnFailure: false, isReward }, metric }
    }),
    networking: {}, trafficControl: { strategy: 'progressive', onTermination: 'to_winner', match: {}, percentage: 100, maxIncrement: 20 },
    permissions: { create: true, update: true, delete: true }, experimentType: 'Canary', duration: { interval: '15s', maxIterations: 8 }, action: '',
  }
}

const NOBODY = { name: '', query_template: '', preferred_direction: '', unit: '' }
