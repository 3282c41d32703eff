// Find: results change while one types; what moves is looked up again; nothing here is needed without script.

import { subscribe } from './live.js'
import { merge } from './refresh.js'

const ask = document.querySelector('#ask')
const field = document.querySelector('#q')
const PAUSE = 140 // ms after the last key
const PACE = 4000 // ms between two looks at what moved
let timer = 0
let turn = 0
let last = performance.now()
let waiting = 0

async function look (address, asked) {
  const mine = ++turn
  last = performance.now()
  try {
    const answer = await fetch(address, { headers: { Accept: 'text/html' } })
    if (answer.redirected && new URL(answer.url).pathname === '/sign-in') return location.assign(address)
    const text = await answer.text()
    if (mine === turn && answer.ok) merge(text, asked)
  } catch { /* the lamp says that the server is away */ }
}

function typed () {
  const address = new URL(location.href)
  address.searchParams.set('q', field.value)
  for (const name of ['to', 'more']) address.searchParams.delete(name)
  address.hash = ''
  history.replaceState(null, '', address)
  const again = document.querySelector('#near [name=q]')
  if (again) again.value = field.value
  look(address, true)
}

field.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(typed, PAUSE) })
ask.addEventListener('submit', event => { event.preventDefault(); clearTimeout(timer); typed() })

// "Look there" and "Show way" change the map only.
document.addEventListener('click', event => {
  const link = event.target.closest('[data-way]')
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return
  event.preventDefault()
  history.replaceState(null, '', link.href)
  look(link.href, true).then(() => {
    const map = document.querySelector('#map')
    if (map.getBoundingClientRect().top > innerHeight - 120) map.scrollIntoView({ block: 'start' })
  })
})

// Down and up walk through the results.
document.addEventListener('keydown', event => {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
  const links = [...document.querySelectorAll('#results .n a, #results .links a')]
  const at = links.indexOf(document.activeElement)
  if (document.activeElement !== field && at < 0) return
  event.preventDefault()
  const next = at + (event.key === 'ArrowDown' ? 1 : -1)
  ;(next < 0 ? field : links[Math.min(next, links.length - 1)])?.focus()
})

subscribe('fixes', fixes => {
  if (waiting || ![...document.querySelectorAll('#results [data-asset]')].some(row => row.dataset.asset in fixes)) return
  waiting = setTimeout(() => { waiting = 0; look(location.href, false) }, Math.max(0, last + PACE - performance.now()))
})
