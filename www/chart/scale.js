// A range of numbers and a length in pixels -> places and round ticks.
//
// Not here: drawing.

/** From a value to its place: `[from, to]` becomes `[start, end]`. */
export const scale = ([from, to], [start, end]) => value => start + ((value - from) / (to - from || 1)) * (end - start)

/** About `count` round numbers in `[from, to]`. */
export function ticks([from, to], count) {
  const rough = (to - from) / Math.max(count, 1)
  if (!(rough > 0)) return [from]
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 5, 10].find(one => one * power >= rough * 0.999) ?? 10)
  const found = []
  for (let at = Math.ceil(from / step - 1e-9); at * step <= to + step * 1e-9; at++) found.push(Number((at * step).toPrecision(12)))
  return found
}

/** The least and the greatest of the numbers among `values`, with a margin; `[0, 1]` of none. */
export function extent(values, margin = 0.05) {
  let [from, to] = [Infinity, -Infinity]
  for (const value of values) {
    if (value === null || value === undefined || !Number.isFinite(value)) continue
    from = Math.min(from, value)
    to = Math.max(to, value)
  }
  if (from > to) return [0, 1]
  const room = (to - from || Math.abs(to) || 1) * margin
  return [from - room, to + room]
}

/** Every so many of `rows` that about `count` remain, the last one among them. */
export function thin(rows, count) {
  const step = Math.ceil(rows.length / count)
  return step <= 1 ? rows : rows.filter((_, index) => (rows.length - 1 - index) % step === 0)
}

/** Seconds as a tick: `45 s`, `12 min`, `3.5 h`, `2 d`. */
export function duration(seconds) {
  const [size, unit] = [[86400, 'd'], [3600, 'h'], [60, 'min']].find(([size]) => Math.abs(seconds) >= size * 1.5) ?? [1, 's']
  return `${Number((seconds / size).toPrecision(3))} ${unit}`
}

/** Seconds as minutes and seconds: `39:48`. */
export const clock = seconds => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`

/** Ticks of a time axis, on round seconds, minutes or hours. */
export function timeTicks(range, count) {
  const span = range[1] - range[0]
  const unit = [86400, 3600, 60, 10, 1].find(size => span >= size * 2) ?? 1
  return ticks(range.map(end => end / unit), count).map(tick => tick * unit)
}
