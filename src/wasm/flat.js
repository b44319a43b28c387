// What a caller gives -> one list of numbers and one text, which cross into the engine at once; and such a list of the
// engine's -> what the caller gets. flat.rs says how values lie in them.
//
// What `JSON.stringify` would write is taken so, with two differences: what it would silently drop or change (NaN, a
// function, a Map, a Date) is a fault, and a class' `toJSON` is not called. Getters and proxies may throw. Depth and
// size are bounded before they are followed. Not here: paths and what the values mean.

/** `first`, `second` and those members of `options` that `names` has (words with spaces between them), one after the other. */
export function flatten(first, second, options, names, depthMax, lengthMax) {
  const flat = new Flat(depthMax, lengthMax)
  if (flat.whole(first) && flat.whole(second)) flat.options(options, names.split(' '))
  return flat
}

/** The value of `numbers`, in which the lengths of the words in `text` begin at `wordsFrom`. */
export function unflatten(numbers, wordsFrom, text) {
  const words = []
  let start = 0
  for (let at = wordsFrom; at < numbers.length; at++) words.push(text.slice(start, (start += numbers[at])))
  // Assigned, `__proto__` would be no member; nor any of the others where somebody has frozen the prototype.
  const mayBeInherited = INHERITED.test(text)
  let at = 0
  const value = () => {
    const number = numbers[at++]
    if (number !== Infinity) return number
    const mark = numbers[at++]
    if (mark < TEXT) return mark === NULL ? null : mark === TRUE
    const operand = numbers[at++]
    if (mark === TEXT) return words[operand]
    if (mark === LIST) {
      const list = []
      for (let index = 0; index < operand; index++) list.push(value())
      return list
    }
    const object = {}
    for (let index = 0; index < operand; index++) {
      const name = words[numbers[at++]]
      if (mayBeInherited) own(object, name, value())
      else object[name] = value()
    }
    return object
  }
  return value()
}

/** What a call throws that was given something wrong. */
export function exception(message, path, errors) {
  const error = new Error(message)
  // Assigned, a name would be refused where somebody has frozen the prototype.
  for (const [name, value] of Object.entries({ name: 'Iter8Error', path, errors })) own(error, name, value)
  return error
}

class Flat {
  numbers = []
  text = ''
  /** Length so far, about that of the JSON text. */
  length = 0

  constructor(depthMax, lengthMax) {
    this.depthMax = depthMax
    this.lengthMax = lengthMax
  }

  /** Whether there is room to go on. */
  whole(value) {
    try {
      this.value(value, 0)
      return true
    } catch (excess) {
      if (!(excess instanceof Excess)) throw excess
      if (excess.isDeep) this.mark(DEEP, depthOf(value) ?? 0)
      else this.mark(LONG)
      return false
    }
  }

  options(options, names) {
    if (typeof options !== 'object' && options !== undefined) return this.mark(NULL)
    const place = this.mark(OBJECT, 0)
    for (const name of options ? names : []) {
      const member = this.read(options, name)
      if (member === undefined) continue
      this.numbers[place]++
      this.word(name)
      if (!this.whole(member)) return
    }
  }

  value(value, depth) {
    this.grow(VALUE_LENGTH)
    switch (typeof value) {
      case 'number':
        return Number.isFinite(value) ? this.numbers.push(value) : this.refuse('NaN and Infinity are no JSON numbers')
      case 'string':
        this.grow(value.length)
        if (!isWhole(value)) return this.refuse(HALF)
        this.numbers.push(Infinity, TEXT)
        return this.word(value)
      case 'object':
        return value === null ? this.mark(NULL) : this.container(value, depth)
      case 'boolean':
        return this.mark(value ? TRUE : FALSE)
      case 'undefined':
        return this.mark(NULL)
      case 'bigint':
        return this.refuse('a BigInt is no JSON value: give a number or a text')
      case 'symbol':
        return this.refuse(value === UNREADABLE ? this.why : 'a symbol is no JSON value')
      default:
        return this.refuse(`a ${typeof value} is no JSON value`)
    }
  }

  container(value, depth) {
    if (depth >= this.depthMax) throw new Excess(true)
    let isArray
    let boxed
    let names
    let length
    try {
      isArray = Array.isArray(value)
      if (isArray) {
        // Through a proxy the length is whatever its handler says.
        const given = value.length
        length = given > 0 && typeof given === 'number' ? Math.trunc(given) : 0
      } else {
        // Names of kinds are the same in other realms (frames, Jest), which `instanceof` does not know.
        const kind = toString.call(value).slice(8, -1)
        boxed = BOXES[kind]?.prototype.valueOf.call(value)
        if (kind !== 'Object' && boxed === undefined && isForeign(kind)) return this.refuse(foreign(kind))
        names = Object.keys(value)
        length = names.length
      }
    } catch (thrown) {
      return this.refuse(unreadable(thrown))
    }
    // As in JSON: what such an object holds.
    if (boxed !== undefined) return this.value(boxed, depth)
    // Looks ahead, so that nothing is reserved for more values than may come.
    if (this.length + length * VALUE_LENGTH > this.lengthMax) throw new Excess(false)
    if (isArray) this.items(value, length, depth + 1)
    else this.members(value, names, depth + 1)
  }

  items(array, length, depth) {
    this.mark(LIST, length)
    for (let index = 0; index < length; index++) this.value(this.read(array, index), depth)
  }

  members(object, names, depth) {
    const place = this.mark(OBJECT, 0)
    for (const name of names) {
      const member = this.read(object, name)
      // As in JSON: what is undefined is absent.
      if (member === undefined) continue
      this.numbers[place]++
      this.length += name.length
      this.word(name)
      if (isWhole(name)) this.value(member, depth)
      else this.refuse(HALF)
    }
  }

  /** What `object` has at `name`, or `UNREADABLE`, and then `why`. */
  read(object, name) {
    try {
      return object[name]
    } catch (thrown) {
      this.why = unreadable(thrown)
      return UNREADABLE
    }
  }

  /** Puts what follows a text's mark. */
  word(word) {
    this.numbers.push(word.length)
    this.text += `${word}\n`
  }

  refuse(why) {
    this.numbers.push(Infinity, FAULT)
    this.word(why)
  }

  /** The place of `operand`. */
  mark(mark, operand) {
    return (operand === undefined ? this.numbers.push(Infinity, mark) : this.numbers.push(Infinity, mark, operand)) - 1
  }

  grow(length) {
    this.length += length
    if (this.length > this.lengthMax) throw new Excess(false)
  }
}

/** Too deep, or too long, to go on. */
class Excess {
  constructor(isDeep) {
    this.isDeep = isDeep
  }
}

// What was thrown may itself be a trap: nothing of it is called or converted.
function unreadable(thrown) {
  let why
  try {
    why = typeof thrown === 'string' ? thrown : thrown.message
  } catch {
    // No more is known of it.
  }
  why = typeof why === 'string' ? why.trim() : ''
  if (why.length > REASON_LENGTH_MAX) why = `${why.slice(0, REASON_LENGTH_MAX / 2)}…${why.slice(-REASON_LENGTH_MAX / 2)}`
  return `the value cannot be read${why && ': '}${why.replace(/\p{Cc}/gu, ' ')}`
}

function foreign(kind) {
  const instead = INSTEAD[kind] ?? (/Array$|^Set$/.test(kind) ? 'give Array.from of it' : 'give a plain object')
  return `${/^[AEIO]/.test(kind) ? 'an' : 'a'} ${kind} is no JSON value: ${instead}`
}

/** Whether an object's own members say nothing of what it holds. A class may name its kind itself, at any length. */
const isForeign = kind => kind.length < KIND_LENGTH_MAX && FOREIGN.test(kind)

/** How deep `value` is nested; undefined if that takes too long to find out, as for what contains itself, or cannot be. */
function depthOf(value) {
  let deepest = 0
  const open = [[value, 1]]
  try {
    for (let left = DEPTH_STEPS_MAX; open.length > 0; ) {
      const [container, depth] = open.pop()
      deepest = Math.max(deepest, depth)
      const members = Object.values(container)
      left -= 1 + members.length
      if (left < 0) return undefined
      for (const member of members) if (typeof member === 'object' && member !== null) open.push([member, depth + 1])
    }
  } catch {
    return undefined
  }
  return deepest
}

const own = (object, name, value) => Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true })

const { toString } = Object.prototype
const INHERITED = new RegExp(Object.getOwnPropertyNames(Object.prototype).join('|'))
const isWhole = text => (text.isWellFormed ? text.isWellFormed() : !/\p{Surrogate}/u.test(text))

const [NULL, FALSE, TRUE, TEXT, LIST, OBJECT, FAULT, DEEP, LONG] = [0, 1, 2, 3, 4, 5, 6, 7, 8]
/** No caller has it. */
const UNREADABLE = Symbol('unreadable')
const HALF = 'half a surrogate pair is no character'
const BOXES = { __proto__: null, Boolean, Number, String }
const INSTEAD = {
  Date: 'give its toISOString()',
  Map: 'give Object.fromEntries of it',
  Promise: 'await it first',
  Response: 'await its json() first',
}
/** Kinds of objects that hold more than their members, or nothing. */
const FOREIGN =
  /^(ArrayBuffer|AsyncGenerator|BigInt|Blob|DataView|Date|Error|File|FormData|Generator|Headers|Map|Map Iterator|Promise|ReadableStream|RegExp|Request|Response|Set|Set Iterator|SharedArrayBuffer|Symbol|URL|URLSearchParams|WeakMap|WeakRef|WeakSet)$|.Array$/
/** Enough for each of them. */
const KIND_LENGTH_MAX = 64
/** What a value takes of the length, beside the characters of a text. */
const VALUE_LENGTH = 4
/** Longest reason that is repeated. */
const REASON_LENGTH_MAX = 200
/** Values that are looked at to count a depth. */
const DEPTH_STEPS_MAX = 100_000
