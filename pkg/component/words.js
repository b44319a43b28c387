// Numbers and standings -> what a person reads: three significant digits, percents of what, one word a verdict.
//
// The component and the page share them, so that one number looks the same everywhere. Not here: sentences, which the
// engine writes.

/** A number with three significant digits, without exponent where that is readable; a dash for what is unknown. */
export function number(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–'
  if (value === 0) return '0'
  const size = Math.abs(value)
  if (size >= 1e6 || size < 1e-4) return value.toExponential(1)
  if (size >= 1000) return Math.round(value).toLocaleString('en')
  return String(Number(value.toPrecision(3)))
}

/** How likely a version is to win; null where nothing is known of it, for which the engine's number is 0. */
export const winOf = ({ win_probability: win, criterion_assessments: all }) => (win === 0 && all.every(({ statistics }) => statistics.value === null) ? null : win)

/** What is believed, as percents: never certain, not even where a number was rounded to 0 or 1. */
export const chance = probability => (probability === 0 ? percent(1e-9) : probability === 1 ? percent(1 - 1e-9) : percent(probability))

/** A name of at most so many letters. Names of workloads begin alike: both its ends are kept. */
export function clip(text, length = 24) {
  if (text.length <= length) return text
  const end = Math.floor(length / 2)
  return `${text.slice(0, length - 1 - end)}…${text.slice(-end)}`.toWellFormed()
}

/** A share as percents. */
export function percent(share) {
  if (share === null || share === undefined) return '–'
  if (share > 0 && share < 0.001) return '< 0.1 %'
  if (share < 1 && share > 0.999) return '> 99.9 %'
  const percents = share * 100
  return `${percents < 1 || percents > 99 ? Number(percents.toFixed(1)) : Math.round(percents)} %`
}

/** A metric's value: proportions as percents, the rest as numbers, with their unit where it is known. */
export function amount(value, metric) {
  if (value === null || value === undefined || !Number.isFinite(value)) return number(value)
  if (metric?.isProportion) return `${almost(value * 100)} %`
  return metric?.unit ? `${number(value)} ${metric.unit}` : number(value)
}

// Nearly all is not all: there the digits that count are those of what is missing.
function almost(percents) {
  if (!(percents > 99 && percents < 100)) return number(percents)
  return String(Number((100 - Number((100 - percents).toPrecision(2))).toPrecision(12)))
}

/** What an experiment says of each criterion: its metric, limit and better side. */
export function criteriaOf(experiment, assessment) {
  const specs = experiment?.metric_specs ?? {}
  const metrics = [...(specs.counter_metrics ?? []), ...(specs.ratio_metrics ?? []), ...(specs.histogram_metrics ?? [])]
  const seen = assessment?.baseline_assessment.criterion_assessments ?? []
  return seen.map(({ id, metric_id: metricId }, index) => {
    const criterion = experiment?.criteria?.[index]
    const metric = metrics.find(one => String(one.name ?? one.id) === metricId)
    const limit = criterion?.threshold
    return {
      id,
      metricId,
      isReward: criterion?.is_reward === true,
      isProportion: metric?.zero_to_one === true,
      /** The engine takes numbers as they are: what they are in is said to people alone. */
      unit: unitOf(metric),
      /** What is believed of it: of a quantile of a histogram only the interval is known. */
      kind: criterion?.quantile !== undefined ? 'quantile' : metric?.zero_to_one === true ? 'proportion' : 'mean',
      isHigherBetter: metric?.preferred_direction === 'higher',
      limit: limit ? { value: limit.value, isRelative: (limit.type ?? limit.threshold_type) === 'relative' } : undefined,
    }
  })
}

function unitOf(metric) {
  const unit = metric?.units ?? metric?.unit
  if (typeof unit !== 'string' || unit.trim() === '') return undefined
  return UNITS[unit.trim()] ?? clip(unit.trim(), 12)
}

/** iter8's own name of it. */
const UNITS = { msec: 'ms' }

/** A criterion's limit in words, or that it is the reward. */
export function limitWords(criterion) {
  if (criterion.isReward && !criterion.limit) return criterion.isHigherBetter ? 'reward, more is better' : 'reward, less is better'
  if (!criterion.limit) return 'reported only'
  const side = criterion.isHigherBetter ? 'at least' : 'at most'
  const { value, isRelative } = criterion.limit
  return isRelative ? `${side} ${number(value)} × baseline` : `${side} ${amount(value, criterion)}`
}

/** The limit in the metric's unit; undefined without one, or while the baseline's value is unknown. */
export function limitValue(criterion, index, assessment) {
  if (!criterion.limit) return undefined
  if (!criterion.limit.isRelative) return criterion.limit.value
  const base = assessment.baseline_assessment.criterion_assessments[index].statistics.value
  return base === null ? undefined : base * criterion.limit.value
}

/** All versions, the baseline first, each with its standing: winner, rolled back, in the running. */
export function versionsOf(assessment) {
  const { winning_version_found: isFound, current_best_version: best } = assessment.winner_assessment
  return [assessment.baseline_assessment, ...assessment.candidate_assessments].map((version, index) => ({
    ...version,
    isBaseline: index === 0,
    standing: isFound && version.id === best ? 'winner' : version.rollback ? 'rolled back' : 'in the running',
  }))
}

/** The split that the experiment's strategy recommends. */
export const splitOf = (experiment, assessment) =>
  assessment.traffic_split_recommendation[experiment?.traffic_control?.strategy ?? 'progressive'] ?? {}

/** The number of a version's colour: the baseline alone has 0, candidates take turns. */
export const shade = index => (index === 0 ? 0 : ((index - 1) % SHADES) + 1)

/** How many versions before this one had its colour already. */
export const round = index => (index === 0 ? 0 : Math.floor((index - 1) / SHADES))

/** A sign beside each verdict and standing: colour is never alone. */
export const SIGNS = { satisfied: '✓', violated: '✕', undecided: '…', winner: '★', 'rolled back': '✕', 'in the running': '…' }

const SHADES = 9
