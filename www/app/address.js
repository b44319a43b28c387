// What somebody typed, or a link says -> the address of a Prometheus that a browser can ask, or what is wrong with it.
//
// Browsers ask no address that holds a user name or a password, and neither is to stand in a link or a message. Not here: asking.

/** The address, without slashes at its end; undefined where nothing is given. */
export function addressOf(text) {
  const given = text.trim()
  if (given === '') return undefined
  const found = parsed(given)
  if (!found) throw new Error(`\`${withoutLogin(given)}\` is no address of a Prometheus: it begins with http:// or https://`)
  if (found.username || found.password) throw new Error(`there is a user name or a password in the address of ${found.host}, and browsers ask no such address: leave it out, and let the page ask through a proxy that logs in, such as a port-forward`)
  return given.replace(/\/+$/, '')
}

/** The text without a user name and a password, whether it is an address or nearly one. */
export function withoutLogin(text) {
  const found = parsed(text)
  if (!found) return text.replace(/^.*@/s, '…@')
  if (!found.username && !found.password) return text
  ;[found.username, found.password] = ['', '']
  return found.href.replace(/\/+$/, '')
}

// An address of the web; undefined for any other text.
function parsed(text) {
  const found = URL.parse?.(text) ?? undefined
  return found && /^https?:$/.test(found.protocol) ? found : undefined
}
