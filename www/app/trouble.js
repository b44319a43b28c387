// What happened on the way to Prometheus -> words: what failed, what still holds, what to do.
//
// Not here: how that was found out (worker/look.js).

import { html } from './dom.js'

/** The paragraphs of a trouble. */
export function words(trouble) {
  const { what, todo } = KINDS[trouble.kind](trouble)
  return [what, html('p', {}, 'Nothing new is known: what could not be asked is unknown, no winner is named by it, the split stays. The next look tries again.'), todo]
}

const said = (strong, ...rest) => html('p', {}, html('strong', {}, strong), ...rest)
const list = (...items) => html('ul', {}, ...items.map(item => html('li', {}, ...[item].flat())))
const code = text => html('code', {}, text)
const outside = address => html('a', { href: address, target: '_blank', rel: 'noreferrer' }, address)

const KINDS = {
  'mixed content': ({ backend }) => ({
    what: said(`Your browser does not let this page ask ${backend}: `, 'the page came by https, the Prometheus answers by http.'),
    todo: list('Give Prometheus an https address.', ['Or open this page by http, as ', code('iter8-analytics serve'), ' does on your own machine.']),
  }),
  unreached: ({ backend, origin, message }) => ({
    what: said(`${backend} cannot be asked from here (${message}). `, 'Either it is not running at that address, or it does not allow pages of other hosts (CORS): a browser does not say which.'),
    todo: list(['Is it there? Open ', outside(`${backend}/-/ready`), ' in another tab.'],
      ['Does it allow this page? Start it with ', code(`--web.cors.origin='${origin.replaceAll('.', '\\.')}'`), '. Without the flag Prometheus allows every host; a proxy before it may not.']),
  }),
  slow: ({ backend, message }) => ({
    what: said(`${backend} does not answer: `, `${message}.`),
    todo: list(['Is it busy? Open ', outside(`${backend}/-/ready`), ' in another tab, and try the queries below by hand.'], 'Does something on the way, such as a port-forward that has died, take requests and not pass them on?'),
  }),
  refused: ({ backend, message }) => ({
    what: said(`${backend} refuses a query: `, message),
    todo: list('The queries as they were asked stand below, under “What exactly was asked and answered”.'),
  }),
  stranger: ({ backend, message }) => ({
    what: said(`What answers at ${backend} is no Prometheus: `, `${message}.`),
    todo: list(['Is there a path before the API? The address is that to which ', code('/api/v1/query'), ' is added.'], 'Does it want a login? The page sends none: let it ask through a proxy that has one, such as a port-forward.'),
  }),
}
