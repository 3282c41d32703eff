// What every page does: the lamp, the stale banner, the alarm counts, the keys, menus that close.

import { age, serverNow, tick } from './ages.js'
import { lastHeard, onState, subscribe } from './live.js'
import { inline, refreshing } from './refresh.js'

const $ = (selector, root = document) => root.querySelector(selector)
const lamp = $('#lamp')
const lost = $('#lost')
const zone = document.body.dataset.zone
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit', timeZone: zone })
const foot = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: zone, timeZoneName: 'short' })
const loaded = Date.now()
let live = null

function shine () {
  const { ago, at } = lastHeard()
  if (live === null) return
  const word = $('output', lamp)
  const text = live ? `Live · ${age(Math.max(1000, ago))}` : `Lost · ${age(ago)}`
  if (word.textContent !== text) word.textContent = text
  if (live) return
  const told = `Connection lost. What you see is from ${clock.format(at ?? loaded)} and does not change. Trying again by itself.`
  if (lost.textContent !== told) lost.textContent = told
}

onState(state => {
  live = state
  lamp.classList.toggle('lost', !state)
  document.body.classList.toggle('is-lost', !state)
  shine()
  lost.hidden = state
})
setInterval(shine, 1000)
setInterval(() => {
  for (const el of document.querySelectorAll('[data-clock]')) {
    const text = foot.format(serverNow())
    if (el.textContent !== text) el.textContent = text
  }
}, 1000)

subscribe('alarms', counts => {
  for (const el of document.querySelectorAll('[data-count]')) {
    const priority = el.dataset.count
    const n = counts[priority] ?? 0
    $('span', el).textContent = n
    el.classList.toggle(`c-${priority}`, n > 0)
    el.classList.toggle('none', n === 0)
  }
})

// Keys: / finds, a acknowledges the row with the focus (else the first that waits), Esc closes.
function typing (el) {
  return el.matches('input:not([type=checkbox]):not([type=radio]):not([type=hidden]), textarea, select, [contenteditable]')
}

const KEYS = {
  '/': () => {
    const field = $('[data-search]:not([hidden])', $('main')) ?? $('[data-search]')
    if (!field) return
    if (!field.offsetParent) return location.assign('/find')
    field.focus()
    field.select()
  }
}

document.addEventListener('keydown', event => {
  if (event.key === 'Escape') {
    for (const menu of document.querySelectorAll('details.menu[open]')) {
      menu.open = false
      $('summary', menu).focus()
    }
    if (typing(event.target)) event.target.blur()
    return
  }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return
  if (KEYS[event.key]) {
    event.preventDefault()
    KEYS[event.key]()
    return
  }
  const near = event.target.closest('[data-row]')
  const button = (near && $(`[data-key="${CSS.escape(event.key)}"]`, near)) ?? $(`main [data-key="${CSS.escape(event.key)}"]`)
  if (button) {
    event.preventDefault()
    button.click()
  }
})

document.addEventListener('click', event => {
  for (const menu of document.querySelectorAll('details.menu[open]')) {
    if (!menu.contains(event.target)) menu.open = false
  }
})

for (const form of document.querySelectorAll('[data-auto]')) {
  form.classList.add('js')
  form.addEventListener('change', () => form.requestSubmit())
}
document.addEventListener('submit', inline)
$('[data-print]')?.addEventListener('click', () => print())
tick()
refreshing($('main'))
