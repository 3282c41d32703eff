// The floor page: what is heard changes the plan and its list in place; layers, zoom, hints.

import { serverNow } from './ages.js'
import { subscribe } from './live.js'
import { restate } from './values.js'
import { merge } from './refresh.js'
import { draw, place, sync } from './plan.js'

const $ = (selector, root = document) => root.querySelector(selector)
const plan = $('#plan')
const PACE = 1500
let last = 0
let waiting = 0

// ---------------------------------------------------------------- a changed floor: fetch the page, take over what differs

async function refresh () {
  last = performance.now()
  try {
    const answer = await fetch(location.href, { headers: { Accept: 'text/html' } })
    if (!answer.ok || answer.redirected) return
    const page = merge(await answer.text())
    if (plan) sync(page)
  } catch { /* the lamp says that the server is away */ }
}

function stale () {
  if (waiting) return
  waiting = setTimeout(() => { waiting = 0; refresh() }, Math.max(0, last + PACE - performance.now()))
}

setInterval(() => { if (!document.hidden) stale() }, 60000) // sentences say for how long
for (const kind of ['alarms', 'tickets']) subscribe(kind, (_, message) => { if (!message.hello) stale() })

subscribe('states', states => {
  for (const [id, [worst, state, sentence]] of Object.entries(states)) {
    const label = $(`.lab[data-room="${id}"]`)
    const row = $(`.mirror [data-show="${id}"][data-state]`)
    if (row && row.dataset.state === state) {
      const words = $('[data-words]', row)
      const number = $('.r', row).textContent
      const text = sentence.replace(/^In range: /, '').replace(`${number} `, '').replace(/^: /, '')
      if (words.textContent !== text) words.textContent = text
      const age = $('time', row)
      if (age) age.dataset.at = serverNow()
    } else if (row) stale()
    if (label && (label.dataset.state !== state || label.dataset.worst !== worst)) stale()
  }
})

subscribe('rooms', rooms => {
  for (const [id, metrics] of Object.entries(rooms)) {
    for (const text of document.querySelectorAll(`.lab[data-room="${id}"] [data-metric]`)) {
      restate(text, metrics[text.dataset.metric]?.[0])
    }
    if ('light_on' in metrics && ($(`.lit[data-room="${id}"]`) !== null) !== metrics.light_on[0]) stale()
    if ('door_open' in metrics) stale()
  }
})

subscribe('fixes', fixes => {
  if (!plan) return
  for (const [id, [room, confidence]] of Object.entries(fixes)) place(id, room, confidence, stale)
})

// ---------------------------------------------------------------- layers, in the address

$('#layers')?.addEventListener('click', event => {
  const chip = event.target.closest('[data-layer]')
  if (!chip || !plan) return
  event.preventDefault()
  const shown = new Set(plan.dataset.layers.split(' ').filter(Boolean))
  if (!shown.delete(chip.dataset.layer)) shown.add(chip.dataset.layer)
  chip.setAttribute('aria-pressed', shown.has(chip.dataset.layer))
  plan.dataset.layers = [...shown].join(' ')
  const address = new URL(location.href)
  address.searchParams.set('layers', [...shown].join(',') || 'none')
  history.replaceState(null, '', address)
  for (const each of document.querySelectorAll('[data-layer]')) {
    const then = new Set(shown)
    if (!then.delete(each.dataset.layer)) then.add(each.dataset.layer)
    each.value = [...then].join(',') || 'none'
  }
  for (const level of document.querySelectorAll('.lv a')) {
    const to = new URL(level.href)
    to.searchParams.set('layers', address.searchParams.get('layers'))
    level.href = to
  }
})

// ---------------------------------------------------------------- a row points out its room

function point (event) {
  for (const room of document.querySelectorAll('.room.shown')) room.classList.remove('shown')
  const row = event.target.closest?.('[data-show]')
  if (row && event.type !== 'focusout') $(`.lines [data-room="${row.dataset.show}"] .room`)?.classList.add('shown')
}
for (const kind of ['focusin', 'focusout', 'mouseover']) $('.mirror')?.addEventListener(kind, point)

if (plan) draw(plan)
window.__ready = true
performance.mark('floor-ready')
