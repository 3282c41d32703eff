// Change a page in place from its own address: nothing jumps, new rows wait behind a pill, what is being used is left alone.

import { tick } from './ages.js'
import { onState, subscribe } from './live.js'

const PACE = 1500 // ms between two fetches of one page
const parser = new DOMParser()
let waiting = 0
let last = 0

export function say (text) {
  const place = document.querySelector('#said')
  place.textContent = text
  clearTimeout(say.timer)
  say.timer = setTimeout(() => { place.textContent = '' }, 6000)
}

const used = el => el.contains(document.activeElement) && document.activeElement !== document.body
const open = el => el.querySelector('details[open], [data-dirty]')

function swap (old, fresh) {
  if (old.isEqualNode(fresh)) return
  const focused = used(old) && (document.activeElement.dataset.key ?? document.activeElement.getAttribute('href'))
  const copy = document.importNode(fresh, true)
  old.replaceWith(copy)
  if (focused) (copy.querySelector(`[data-key="${CSS.escape(focused)}"], [href="${CSS.escape(focused)}"]`) ?? copy.querySelector('a, button'))?.focus()
}

// Rows of one list change where they stand; what is gone goes; what is new waits (the count is returned), or with `all` comes.
function rows (old, fresh, all) {
  const known = new Map([...old.querySelectorAll(':scope > [data-row]')].map(row => [row.dataset.row, row]))
  const next = [...fresh.querySelectorAll(':scope > [data-row]')]
  if (all || known.size === 0 || next.length === 0) {
    swap(old, fresh)
    return 0
  }
  let count = 0
  for (const row of next) {
    const mine = known.get(row.dataset.row)
    known.delete(row.dataset.row)
    if (!mine) count++
    else if (!open(mine)) swap(mine, row)
  }
  for (const gone of known.values()) if (!open(gone)) gone.remove()
  return count
}

// Take over what differs from a fetched page. `all`: also what is new. `asked`: a person did it, so what they use changes too.
export function merge (text, { all = false, asked = false } = {}) {
  const page = parser.parseFromString(text, 'text/html')
  let fresh = 0
  for (const old of document.querySelectorAll('[data-rows]')) {
    const next = page.getElementById(old.id)
    const box = next ? null : old.closest('[id]:not([data-rows], main)') // the list gave way to words
    if (next) fresh += rows(old, next, all)
    else if (box && page.getElementById(box.id)) swap(box, page.getElementById(box.id))
  }
  for (const old of document.querySelectorAll('[data-swap]')) {
    const next = page.getElementById(old.id)
    if (next && (asked || all || !(used(old) || open(old)))) swap(old, next)
  }
  const pill = document.querySelector('[data-fresh]')
  if (pill) {
    pill.hidden = fresh === 0
    pill.textContent = `${fresh} new`
  }
  tick()
}

async function fetchPage (all) {
  last = performance.now()
  try {
    const answer = await fetch(location.href, { headers: { Accept: 'text/html' } })
    if (answer.redirected && new URL(answer.url).pathname === '/sign-in') return location.reload()
    if (answer.ok) merge(await answer.text(), { all })
  } catch { /* the lamp says that the server is away */ }
}

export function refresh (all = false) {
  if (all) return fetchPage(true)
  if (waiting) return
  waiting = setTimeout(() => { waiting = 0; fetchPage(false) }, Math.max(0, last + PACE - performance.now()))
}

export function refreshing (main) {
  const kinds = main.dataset.refresh.trim()
  if (!kinds) return
  let away = false
  for (const kind of kinds.split(/\s+/)) {
    const [, seconds] = /^every-(\d+)$/.exec(kind) ?? []
    if (seconds) setInterval(() => { if (!document.hidden && !away) refresh() }, seconds * 1000)
    else subscribe(kind, (_, message) => { if (!message.hello) refresh() })
  }
  onState(connected => {
    if (connected && away) refresh()
    away = !connected
  })
  document.querySelector('[data-fresh]')?.addEventListener('click', () => refresh(true))
}

// Forms with data-inline: post, then show the page that comes back, without leaving this one.
export async function inline (event) {
  const form = event.target
  if (!form.matches('[data-inline]') || event.defaultPrevented) return
  event.preventDefault()
  const button = event.submitter ?? form.querySelector('button')
  if (button?.getAttribute('aria-busy') === 'true') return
  const body = new FormData(form)
  if (event.submitter?.name) body.set(event.submitter.name, event.submitter.value)
  button?.setAttribute('aria-busy', 'true')
  try {
    const answer = await fetch(form.action, { method: 'POST', body: new URLSearchParams(body), headers: { Accept: 'text/html' } })
    const text = await answer.text()
    if (answer.redirected && new URL(answer.url).pathname !== location.pathname) return location.assign(answer.url)
    if (!answer.ok) return say(parser.parseFromString(text, 'text/html').querySelector('[data-detail]')?.textContent ?? `Not done: the server answered ${answer.status}. Nothing was changed.`)
    for (const menu of document.querySelectorAll('details.menu[open]')) menu.open = false
    form.reset()
    merge(text, { asked: true })
    if (form.dataset.said) say(form.dataset.said)
  } catch {
    say('Not sent: no connection. Nothing was changed; what you wrote is still here. Try again when the lamp says Live.')
  } finally {
    button?.removeAttribute('aria-busy')
  }
}
