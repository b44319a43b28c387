// An expected piece of JSON and a found one become the list of their differences: the same rules as the Rust tests'
// support/matching.rs, for the same cases.
//
// What is expected of an object need not be all of it. `"0.38 ± 0.02"` is a number near another, `{"some": [..]}` an
// array that holds a match for each of these, `{"has": [..]}` a text that holds each of these, `{"absent": true}` a
// member that must not be there.

export function differences(expected, found, path = '$') {
  const [special] = isObject(expected) ? Object.keys(expected) : []
  const differs = [`${path}: expected ${brief(expected)}, found ${brief(found)}`]
  if (special === 'absent') return found === undefined ? [] : differs
  if (found === undefined) return differs
  if (special === 'some') {
    const isThere = item => Array.isArray(found) && found.some(one => differences(item, one).length === 0)
    return expected.some.filter(item => !isThere(item)).map(item => `${path}: expected ${brief(item)} among ${brief(found)}`)
  }
  if (special === 'has') return expected.has.every(part => String(found).includes(part)) ? [] : differs
  if (typeof expected === 'string' && typeof found === 'number') {
    const [middle, within] = expected.split(' ± ').map(Number)
    return Math.abs(found - middle) <= within ? [] : differs
  }
  if (typeof expected === 'number' && typeof found === 'number') {
    return Math.abs(expected - found) <= 1e-12 * Math.abs(expected) ? [] : differs
  }
  if (Array.isArray(expected) && Array.isArray(found)) {
    if (expected.length !== found.length) return differs
    return expected.flatMap((item, index) => differences(item, found[index], `${path}[${index}]`))
  }
  if (isObject(expected) && isObject(found)) {
    return Object.entries(expected).flatMap(([key, item]) => differences(item, found[key], `${path}.${key}`))
  }
  return expected === found ? [] : differs
}

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function brief(value) {
  return String(JSON.stringify(value)).slice(0, 300)
}
