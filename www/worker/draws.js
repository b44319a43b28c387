// A seed -> numbers by chance: uniform, binomial, gamma. The same seed draws the same on every machine.
//
// The generator is sfc32. Binomials are exact, by waiting times; gammas are Marsaglia and Tsang's (2000). Not here: what is
// drawn for.

/** A stream of draws. */
export function draws(seed) {
  let [a, b, c, count] = [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0, 0x9e3779b9, 1]
  const uniform = () => {
    const sum = (a + b + count++) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum | 0
    // Never 0: logarithms are taken of it.
    return ((sum >>> 0) + 0.5) / 2 ** 32
  }
  for (let i = 0; i < 12; i++) uniform()
  return { uniform, binomial: (n, p) => binomial(uniform, n, p), gamma: shape => gamma(uniform, shape) }
}

function binomial(uniform, n, p) {
  if (p > 0.5) return n - binomial(uniform, n, 1 - p)
  if (p <= 0) return 0
  const scale = Math.log1p(-p)
  let successes = 0
  for (let at = 0; ; successes++) {
    at += Math.floor(Math.log(uniform()) / scale) + 1
    if (at > n) return successes
  }
}

function gamma(uniform, shape) {
  if (shape <= 0) return 0
  if (shape < 1) return gamma(uniform, shape + 1) * uniform() ** (1 / shape)
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = normal(uniform)
    const v = (1 + c * x) ** 3
    if (v > 0 && Math.log(uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v
  }
}

const normal = uniform => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
