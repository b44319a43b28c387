// A value, its 95 % interval and what kind of metric it is -> the curve of the belief that the engine computed it from.
//
// docs/statistics.md says what is believed: a Beta of a proportion, a Gamma of a rate, Student's t around a mean. The reply
// has the value and the interval; of a Beta and a Gamma, whose centre the value gives, the one number that is left, how many
// requests they are worth, is the one that has this interval. Not here: drawing.

/** What is believed, as `{ density, peak }`, the density on any scale; `kind` is `proportion`, `mean` or `quantile`. */
export function belief({ value, lower, upper }, { kind, method, intervals }) {
  const isSkewed = Math.abs(upper + lower - 2 * value) > 1e-6 * (upper - lower)
  if (kind === 'proportion') return beta({ value, lower, upper }, method === 'v1' ? 0.1 : 0.5)
  if (kind === 'mean' && isSkewed) return gamma({ value, upper })
  if (kind === 'mean') return student({ value, upper }, method === 'v1' || intervals === undefined ? DEGREES_MAX : 1 + intervals)
  return bell({ value, lower, upper })
}

/** Its curve in `[from, to]`: `[value, height]`, the highest 1, and more points where it is narrow. */
export function curve({ density, peak }, { lower, upper }, [from, to]) {
  const highest = density(peak)
  const half = (upper - lower) / 2
  const even = Array.from({ length: STEPS + 1 }, (_, step) => from + ((to - from) * step) / STEPS)
  const close = Array.from({ length: STEPS + 1 }, (_, step) => peak + half * ((4 * step) / STEPS - 2))
  return [...even, ...close].filter(at => at >= from && at <= to).sort((one, other) => one - other).map(at => [at, Math.min(density(at) / highest, 1)])
}

/** The chance that a Beta with these parameters is at most `x`: by the continued fraction (Lentz). */
export function betaCdf(x, a, b) {
  if (!(x > 0)) return 0
  if (x >= 1) return 1
  if (x > (a + 1) / (a + b + 2)) return 1 - betaCdf(1 - x, b, a)
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) - lnBeta(a, b)) / a
  let [c, d] = [1, 1 / notZero(1 - ((a + b) * x) / (a + 1))]
  let sum = d
  for (let m = 1; m <= FRACTIONS_MAX; m++) {
    const steps = [(m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)), (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))]
    for (const step of steps) {
      d = 1 / notZero(1 + step * d)
      c = notZero(1 + step / c)
      sum *= c * d
    }
    if (Math.abs(c * d - 1) < 1e-12) break
  }
  return Math.min(front * sum, 1)
}

function beta({ value, lower, upper }, prior) {
  const parameters = worth => [prior + value * worth, prior + (1 - value) * worth]
  // Of so many requests it is a bell.
  const guess = (value * (1 - value)) / ((upper - lower) / (2 * Z)) ** 2
  if (guess > BELL_FROM) return bell({ value, lower, upper })
  const isRight = value <= 0.5
  // The longer tail tells most.
  const worth = solve(worth => (isRight ? betaCdf(upper, ...parameters(worth)) - 0.975 : 0.025 - betaCdf(lower, ...parameters(worth))), Math.max(guess, 1))
  const [a, b] = parameters(worth)
  const peak = a > 1 && b > 1 ? (a - 1) / (a + b - 2) : a <= b ? Math.max(lower, 1e-12) : Math.min(upper, 1 - 1e-12)
  const ln = at => (a - 1) * Math.log(at) + (b - 1) * Math.log1p(-at)
  return { peak, density: at => (at < 0 || at > 1 ? 0 : Math.exp(Math.min(ln(at) - ln(peak), 0))) }
}

// Its upper end by Wilson and Hilferty's cube root (1931): within a hundredth from one event on.
function gamma({ value, upper }) {
  const shape = worth => 0.5 + value * worth
  const end = worth => (shape(worth) * (1 - 1 / (9 * shape(worth)) + Z / (3 * Math.sqrt(shape(worth)))) ** 3) / worth
  const worth = solve(worth => upper - end(worth), Math.max(value / ((upper - value) / Z) ** 2, 1))
  const k = shape(worth) - 1
  const peak = k > 0 ? k / worth : upper / 100
  const ln = at => k * Math.log(at) - worth * at
  return { peak, density: at => (at <= 0 ? 0 : Math.exp(Math.min(ln(at) - ln(peak), 0))) }
}

// The quantile by Cornish and Fisher's expansion: within a hundredth from three degrees on.
function student({ value, upper }, degrees) {
  const quantile = Z + (Z ** 3 + Z) / (4 * degrees) + (5 * Z ** 5 + 16 * Z ** 3 + 3 * Z) / (96 * degrees ** 2) + (3 * Z ** 7 + 19 * Z ** 5 + 17 * Z ** 3 - 15 * Z) / (384 * degrees ** 3)
  const error = (upper - value) / quantile
  return { peak: value, density: at => (1 + ((at - value) / error) ** 2 / degrees) ** (-(degrees + 1) / 2) }
}

// Two half widths: it leans as the interval does.
function bell({ value, lower, upper }) {
  const peak = Math.min(Math.max(value, lower + (upper - lower) * 0.05), upper - (upper - lower) * 0.05)
  const [left, right] = [(peak - lower) / Z, (upper - peak) / Z]
  return { peak, density: at => Math.exp(-0.5 * ((at - peak) / (at < peak ? left : right)) ** 2) }
}

// Where an increasing function of the logarithm of `worth` is 0, looked for around a guess: by false position, and halving the
// value of an end that stays (Illinois).
function solve(excess, guess) {
  const at = place => excess(Math.exp(place))
  const middle = Math.log(guess)
  let [from, to] = [middle, middle]
  for (let step = 0.5; at(from) > 0 && from > LEAST; step *= 2) from -= step
  for (let step = 0.5; at(to) < 0 && to < MOST; step *= 2) to += step
  let [low, high] = [at(from), at(to)]
  for (let i = 0, last = 0; i < 60 && to - from > 1e-9; i++) {
    const next = low < 0 && high > 0 ? (from * high - to * low) / (high - low) : (from + to) / 2
    const found = at(next)
    if (Math.abs(found) < 1e-13) return Math.exp(next)
    if (found < 0) {
      ;[from, low] = [next, found]
      if (last < 0) high /= 2
    } else {
      ;[to, high] = [next, found]
      if (last > 0) low /= 2
    }
    last = Math.sign(found)
  }
  return Math.exp((from + to) / 2)
}

const lnBeta = (a, b) => lnGamma(a) + lnGamma(b) - lnGamma(a + b)

// Stirling's series, from 8 on; below by the recurrence.
function lnGamma(x) {
  let shift = 0
  for (; x < 8; x++) shift += Math.log(x)
  return (x - 0.5) * Math.log(x) - x + 0.9189385332046727 + 1 / (12 * x) - 1 / (360 * x ** 3) + 1 / (1260 * x ** 5) - 1 / (1680 * x ** 7) - shift
}

const notZero = value => (Math.abs(value) < 1e-300 ? 1e-300 : value)

const [LEAST, MOST] = [Math.log(1e-6), Math.log(1e12)]
/** The normal distribution's 97.5 % quantile. */
const Z = 1.959963984540054
const DEGREES_MAX = 1e6
const STEPS = 48
const BELL_FROM = 2e5
const FRACTIONS_MAX = 2000
