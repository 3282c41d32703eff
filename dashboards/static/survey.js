// A survey by walking: where one stands on the plan, the ring that runs while one stands, what is heard meanwhile.

import { far } from './draw_shapes.js'

const $ = selector => document.querySelector(selector)
const walk = $('#walk')
const board = $('#board')
const address = walk && `/floors/${walk.dataset.floor}/survey`
const WIDE = 18 // metres that the board shows at first
const LONGEST_S = 60
let floor = null
let you = null // where one stands: [x, y], and the room that was proposed
let view = { x: -1e4, y: -1e4, w: WIDE, h: WIDE }
let since = null // milliseconds of the server from when on one stands; null: one walks
let skipped = []

const say = words => { $('#told').textContent = words }
async function ask (path, body) {
  const headers = { Accept: 'application/json', 'X-CSRF-Token': $('meta[name=csrf]').content }
  if (body) headers['Content-Type'] = 'application/json'
  try {
    const answer = await fetch(address + path, { method: body === undefined ? 'GET' : 'POST', body: body && JSON.stringify(body), headers })
    const told = await answer.json()
    if (answer.ok) return told
    say(told.detail || told.title)
  } catch { say('The server does not answer. Stand on, or try again; the points so far are kept.') }
  return null
}

// ---------------------------------------------------------------- the plan

function shape (name, attributes, text) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  if (text !== undefined) made.textContent = text
  board.append(made)
}

function show () {
  const px = view.w / (board.clientWidth || 1)
  view.h = px * board.clientHeight
  board.setAttribute('viewBox', `${view.x} ${view.y} ${view.w} ${view.h}`)
  board.replaceChildren()
  shape('rect', { class: 'slab', width: floor.width, height: floor.depth })
  for (const room of floor.rooms) shape('polygon', { class: `room${room.way ? ' way' : ''}`, points: room.polygon.map(corner => corner.join(',')).join(' ') })
  for (const room of floor.rooms) for (const [x1, y1, x2, y2] of room.doors) shape('path', { class: 'door', d: `M${x1} ${y1}L${x2} ${y2}` })
  for (const room of floor.rooms) {
    const xs = room.polygon.map(corner => corner[0])
    const wide = (Math.max(...xs) - Math.min(...xs)) / px
    if (wide > 34) shape('text', { transform: `translate(${(Math.max(...xs) + Math.min(...xs)) / 2} ${Math.min(...room.polygon.map(corner => corner[1])) + 16 * px}) scale(${px})`, 'font-size': 12 }, room.number)
  }
  for (const each of floor.spots) if (!each.done) shape('circle', { class: 'spot', cx: each.x, cy: each.y, r: 6 * px })
  for (const each of floor.points) shape('circle', { class: 'stood', cx: each.x, cy: each.y, r: 4 * px })
  if (you) {
    shape('circle', { class: 'youring', cx: you[0], cy: you[1], r: 16 * px })
    shape('circle', { class: 'you', cx: you[0], cy: you[1], r: 5 * px })
  }
}

function look (at) { // bring a point into the middle when it is near an edge or outside; a small floor is seen whole
  view.h = view.w * board.clientHeight / (board.clientWidth || 1)
  const edge = Math.min(view.w, view.h) / 5
  if (at[0] > view.x + edge && at[0] < view.x + view.w - edge && at[1] > view.y + edge && at[1] < view.y + view.h - edge) return
  const middle = (at, size, whole) => size > whole ? (whole - size) / 2 : Math.max(-1, Math.min(whole + 1 - size, at - size / 2))
  view.x = middle(at[0], view.w, floor.width)
  view.y = middle(at[1], view.h, floor.depth)
}

function take (told) {
  if (!told) return false
  floor = told
  skipped = []
  $('#answer').textContent = told.answer
  $('#undo').disabled = !told.points.length
  $('#open').textContent = told.uncovered.length
  $('#uncovered').replaceChildren(...told.uncovered.length
    ? told.uncovered.flatMap((room, n) => [...(n ? [', '] : []), Object.assign(document.createElement('a'), { className: 'num', href: `/rooms/${room.id}`, textContent: room.number })])
    : ['Every room has its points.'])
  propose(told.next)
  return true
}

function propose (next) {
  if (next) {
    you = [next.x, next.y]
    if (board.clientWidth > 600) view.w = Math.max(view.w, 2 * WIDE)
    look(you)
    say(`Next: ${next.room}. Tap the plan if you stand elsewhere.`)
  } else say(floor.points.length ? 'All points are walked. Make the map below, or tap where you want more.' : '')
  show()
}

// ---------------------------------------------------------------- standing

const tag = () => $('#tag').value
function ring (part, word) {
  $('#part').setAttribute('stroke-dasharray', `${Math.round(100 * part)} 100`)
  $('#word').textContent = word
  walk.classList.toggle('standing', since !== null)
}

function hear (told) {
  $('#packets').textContent = `${told.packets} packets in ${Math.round(told.stood_s)} s`
  const rows = told.gateways.slice(0, 8).map(each => {
    const row = document.createElement('li')
    const bar = document.createElement('i')
    bar.style.width = `${Math.max(4, Math.min(100, (each.dbm + 100) * 1.6))}%`
    const level = Object.assign(document.createElement('span'), { className: 'lv' })
    level.append(bar)
    row.append(
      Object.assign(document.createElement('span'), { textContent: each.placed ? each.name : `${each.name} (not on the plan)` }),
      level, Object.assign(document.createElement('span'), { className: 'num', textContent: `${Math.round(each.dbm)} dBm` }))
    return row
  })
  if (!rows.length) rows.push(Object.assign(document.createElement('li'), { className: 'none', textContent: 'No gateway hears it.' }))
  $('#levels').replaceChildren(...rows)
}

let waiting = 0
async function listen () {
  clearTimeout(waiting)
  if (tag()) {
    const told = await ask(`/heard?tag=${encodeURIComponent(tag())}${since === null ? '' : `&since=${since}`}`)
    if (told) {
      hear(told)
      if (since !== null) await stood(told)
    }
  }
  clearTimeout(waiting)
  waiting = setTimeout(listen, since === null ? 2500 : 1000)
}

async function stood (told) {
  const wanted = Number(walk.dataset.stand)
  ring(Math.min(1, told.stood_s / wanted), told.stood_s < wanted ? `Stand still, ${Math.ceil(wanted - told.stood_s)} s` : 'Few packets: stand on')
  say(told.gateways.length ? `${told.packets} packets; ${told.gateways.slice(0, 2).map(each => `${each.name} at ${Math.round(each.dbm)} dBm`).join(', ')}` : 'No gateway has heard it yet.')
  if (!told.enough && told.stood_s < LONGEST_S) return
  const kept = await ask('/points', { tag: tag(), x: you[0], y: you[1], since })
  since = null
  ring(0, 'I am here')
  if (kept) {
    navigator.vibrate?.(80)
    take(kept)
  }
}

$('#stand')?.addEventListener('click', async () => {
  if (since !== null) { // who must walk on at once
    since = null
    ring(0, 'I am here')
    return say('Stopped; nothing of this point was kept.')
  }
  if (!tag()) { say('Choose your tag first.'); return $('#tag').focus() }
  if (!you) return say('Tap where you stand.')
  const told = await ask(`/heard?tag=${encodeURIComponent(tag())}`)
  if (!told) return
  clearTimeout(waiting)
  since = told.now
  say('Stand still. Press again to stop.')
  ring(0, `Stand still, ${walk.dataset.stand} s`)
  waiting = setTimeout(listen, 500)
  navigator.wakeLock?.request('screen').catch(() => {}) // a dark screen asks nothing
})
$('#undo')?.addEventListener('click', async () => { if (take(await ask('/undo', {}))) say('The last point was taken back.') })
$('#next')?.addEventListener('click', () => {
  const key = at => `${at[0]}/${at[1]}`
  if (you) skipped.push(key(you))
  const left = floor.spots.filter(each => !each.done && !skipped.includes(key([each.x, each.y])))
  if (!left.length) { skipped = []; return say('There is no other point left.') }
  const from = you || [0, 0]
  propose(left.reduce((a, b) => far([a.x, a.y], from) <= far([b.x, b.y], from) ? a : b))
})
$('#tag')?.addEventListener('change', () => {
  const here = new URL(location.href)
  here.searchParams.set('tag', tag())
  history.replaceState(null, '', here)
})

// ---------------------------------------------------------------- fingers and keys

const down = new Map()
let moved = false
const spot = event => {
  const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(board.getScreenCTM().inverse())
  return [at.x, at.y]
}
function zoom (factor, [x, y]) {
  const w = Math.max(4, Math.min(400, view.w * factor))
  const by = w / view.w
  view = { ...view, w, x: x - (x - view.x) * by, y: y - (y - view.y) * by }
  show()
}
board?.addEventListener('pointerdown', event => {
  board.setPointerCapture(event.pointerId)
  moved = down.size > 0
  down.set(event.pointerId, [event.clientX, event.clientY])
})
board?.addEventListener('pointermove', event => {
  if (!down.has(event.pointerId) || !floor) return
  const before = [...down.values()]
  const old = down.get(event.pointerId)
  const now = [event.clientX, event.clientY]
  if (!moved && far(old, now) < 8) return
  moved = true
  down.set(event.pointerId, now)
  if (before.length > 1) return zoom(far(...before) / (far(...down.values()) || 1), spot(event))
  const px = view.w / board.clientWidth
  view.x -= (now[0] - old[0]) * px
  view.y -= (now[1] - old[1]) * px
  show()
})
const up = event => {
  const tapped = down.delete(event.pointerId) && !moved && event.type === 'pointerup'
  if (!tapped || !floor || since !== null) return
  you = spot(event).map(value => Math.round(value * 10) / 10)
  say('You stand there? Press, and stand still.')
  show()
}
board?.addEventListener('pointerup', up)
board?.addEventListener('pointercancel', up)
board?.addEventListener('wheel', event => { event.preventDefault(); zoom(event.deltaY > 0 ? 1.15 : 0.87, spot(event)) }, { passive: false })
const ARROWS = { ArrowLeft: [-0.5, 0], ArrowRight: [0.5, 0], ArrowUp: [0, -0.5], ArrowDown: [0, 0.5] }
board?.addEventListener('keydown', event => {
  const by = ARROWS[event.key]
  if (!by || !you || since !== null) return
  event.preventDefault()
  you = [you[0] + by[0], you[1] + by[1]]
  look(you)
  show()
})

if (walk) {
  new ResizeObserver(() => floor && show()).observe(board)
  if (take(await ask('/state'))) board.dataset.ready = ''
  listen()
}
