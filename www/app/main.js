// The page's beginning: the view that the address names, and the theme.
//
// Each view is loaded when it is first shown. Not here: what is in a view.

import { readFragment } from './fragment.js'

const VIEWS = { watch: () => import('./watch.js'), play: () => import('./play.js'), trend: () => import('./trend.js') }
const TITLES = { play: 'Playground · ', trend: 'Finished experiments · ' }
const shown = {}

async function show() {
  const { view, parameters } = readFragment()
  for (const name of Object.keys(VIEWS)) document.getElementById(name).hidden = name !== view
  for (const link of document.querySelectorAll('nav a')) {
    if (link.hash === `#${view}`) link.setAttribute('aria-current', 'page')
    else link.removeAttribute('aria-current')
  }
  document.title = `${TITLES[view] ?? ''}iter8-analytics`
  shown[view] ??= (await VIEWS[view]()).begin(document.getElementById(view))
  shown[view].open(parameters)
}

const theme = document.getElementById('theme')
const dark = matchMedia('(prefers-color-scheme: dark)')

function isDark() {
  const chosen = document.documentElement.dataset.theme
  return chosen ? chosen === 'dark' : dark.matches
}

function nameTheme() {
  theme.firstChild.data = isDark() ? 'Light' : 'Dark'
}

theme.addEventListener('click', () => {
  document.documentElement.dataset.theme = isDark() ? 'light' : 'dark'
  nameTheme()
})
dark.addEventListener('change', nameTheme)
addEventListener('hashchange', show)
document.querySelector('.skip').addEventListener('click', event => {
  // The fragment is the page's state: following the link would lose it.
  event.preventDefault()
  document.getElementById('main').focus()
})
nameTheme()
show()
