// The address's fragment <-> the view and its state: a link restores what its sender saw.
//
// `#watch?story=abn&every=2`: a view, then parameters as in a query. Experiments go in packed. Not here: what parameters mean.

/** The view and parameters of the address. */
export function readFragment() {
  const [view, query = ''] = location.hash.slice(1).split(/\?(.*)/s)
  return { view: VIEWS.includes(view) ? view : 'watch', parameters: new URLSearchParams(query) }
}

/**
 * Puts a view's state into the address, without a new entry in the browser's history; not while another view is shown, whose
 * address that is. Gives the parameters as they stand in an address.
 */
export function writeFragment(view, parameters) {
  const text = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== undefined)).toString()
  if (readFragment().view === view) history.replaceState(null, '', `#${view}${text ? `?${text}` : ''}`)
  return text
}

/** Text -> a shorter text of letters that an address may hold. */
export async function pack(text) {
  const bytes = await through(new Blob([text]), new CompressionStream('deflate-raw'))
  return btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join('')).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

/** What `pack` packed; an Error where it is damaged. */
export async function unpack(packed) {
  try {
    const bytes = Uint8Array.from(atob(packed.replaceAll('-', '+').replaceAll('_', '/')), character => character.charCodeAt(0))
    return new TextDecoder().decode(await through(new Blob([bytes]), new DecompressionStream('deflate-raw')))
  } catch {
    throw new Error('the link’s experiment is damaged: ask its sender for the file')
  }
}

async function through(blob, stream) {
  const reader = blob.stream().pipeThrough(stream).getReader()
  const parts = []
  let size = 0
  for (let read; !(read = await reader.read()).done; ) {
    size += read.value.length
    // Nobody's experiment is that large, but a few bytes can unpack to gigabytes.
    if (size > SIZE_MAX) throw new Error('too large')
    parts.push(read.value)
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer())
}

const VIEWS = ['watch', 'play', 'trend']
const SIZE_MAX = 4_000_000
