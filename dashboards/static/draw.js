// The drawing page: the board, its tools and keys. What is chosen is edited in the inspector (draw_inspector.js).

import { box, far, halves, holds, nearest, rectangle, round, snap, wallAt, walls } from './draw_shapes.js'
import { inspect } from './draw_inspector.js'

const $ = selector => document.querySelector(selector)
const board = $('#board')
const address = `/floors/${board.dataset.floor}`
const WAYS = ['corridor', 'stairs', 'lift', 'bridge']
const isWay = room => WAYS.includes(room.room_type)
const KEYS = { v: 'select', r: 'rect', p: 'polygon', d: 'door', g: 'gateway', z: 'zone' }
const HINTS = {
  select: 'Choose a room, a door or a gateway. Drag the ground to move the plan.',
  rect: 'Drag from corner to corner. Enter adds a room in the middle.',
  polygon: 'Click corner after corner; click the first again, or press Enter.',
  door: 'Click a wall.',
  gateway: 'Choose the gateway beside, then click where it hangs.',
  zone: 'Choose or add a zone beside, then click its rooms.'
}

export const state = {
  doc: { width: 40, depth: 20, rooms: [], gateways: [], zones: [], ground: null, brick: {} },
  seen: '', devices: [], classes: [], things: {}, undrawn: [], undoable: false, wrong: [],
  tool: 'select', chosen: null, zone: -1, device: null, trace: [], file: null
}
let saved = ''
const past = []
const future = []
let view = { x: -1, y: -1, w: 42, h: 22 }

// ---------------------------------------------------------------- loading and saving

export function say (words) { $('#told').textContent = words }
const dirty = () => JSON.stringify(state.doc) !== saved

export async function ask (path, body) {
  const headers = { Accept: 'application/json', 'X-CSRF-Token': $('meta[name=csrf]').content }
  if (typeof body === 'string') headers['Content-Type'] = 'application/json'
  try {
    const answer = await fetch(address + path, { method: body === undefined && path === '/drawing' ? 'GET' : 'POST', body, headers })
    const told = await answer.json()
    if (answer.ok) return told
    state.wrong = told.errors || []
    say(told.detail || told.title)
  } catch { say('Not saved: the server does not answer. What you drew stays here; try again.') }
  show()
  return null
}

function take (told) {
  if (!told) return false
  Object.assign(state, { doc: told.drawing, seen: told.seen, devices: told.devices, classes: told.classes, things: told.things, undrawn: told.undrawn, undoable: told.undoable, wrong: [], chosen: null })
  saved = JSON.stringify(state.doc)
  past.length = future.length = 0
  show()
  return true
}

$('#save').addEventListener('click', async () => {
  if (take(await ask(`/drawing?seen=${state.seen}`, JSON.stringify(state.doc)))) say('Saved. The floor, Find and locating use it from now on.')
})
$('#takeback').addEventListener('click', async () => { if (take(await ask('/drawing/undo'))) say('The last save was taken back.') })
addEventListener('beforeunload', event => { if (dirty()) event.preventDefault() })

// Every change goes through here, so that each can be undone.
export function change (make) {
  past.push(JSON.stringify(state.doc))
  future.length = 0
  make(state.doc)
  state.wrong = []
  show()
}
function step (from, to) {
  if (!from.length) return
  to.push(JSON.stringify(state.doc))
  state.doc = JSON.parse(from.pop())
  state.chosen = null
  state.zone = -1
  show()
}

// ---------------------------------------------------------------- drawing

const perPixel = () => view.w / (board.clientWidth || 1)
function shape (name, attributes, text) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  if (text !== undefined) made.textContent = text
  board.append(made)
  return made
}
const points = polygon => polygon.map(corner => corner.join(',')).join(' ')
const is = (kind, index, part) => state.chosen?.kind === kind && state.chosen.index === index && (part === undefined || state.chosen.part === part)

export function show () {
  const px = perPixel()
  const { doc } = state
  board.setAttribute('viewBox', `${view.x} ${view.y} ${view.w} ${view.h}`)
  board.replaceChildren()
  const { file } = state
  board.classList.toggle('grounded', Boolean(doc.ground))
  if (file?.picture) {
    shape('image', { class: 'ground', href: file.picture.url, width: file.picture.width, height: file.picture.height })
    for (const [x, y] of file.scale) shape('circle', { class: 'point', cx: x, cy: y, r: 5 * px })
    return bars()
  }
  shape('rect', { class: 'slab', width: doc.width, height: doc.depth })
  if (doc.ground) shape('image', { class: 'ground', href: `${address}/ground/${doc.ground.digest}`, x: doc.ground.x, y: doc.ground.y, width: doc.ground.width, height: doc.ground.height, preserveAspectRatio: 'none' })
  const wrong = new Set(state.wrong.map(each => each.field))
  const members = new Set(doc.zones[state.zone]?.rooms)
  doc.rooms.forEach((room, index) => {
    const names = ['room', isWay(room) && 'way', members.has(room.number) && 'member', wrong.has(room.number) && 'wrong', is('room', index) && 'chosen']
    shape('polygon', { class: names.filter(Boolean).join(' '), points: points(room.polygon), 'data-room': room.number })
    const around = box(room.polygon)
    if ((around.east - around.west) / px > 24) {
      shape('text', { x: (around.west + around.east) / 2, y: (around.north + around.south) / 2 - 14 * px, 'font-size': 12 * px }, room.number)
    }
  })
  doc.rooms.forEach((room, index) => room.doors.forEach((door, part) => {
    const wall = walls(room.polygon).reduce((a, b) => far(nearest(a, [door.x, door.y]), [door.x, door.y]) <= far(nearest(b, [door.x, door.y]), [door.x, door.y]) ? a : b)
    const length = far(...wall) || 1
    const [dx, dy] = [0, 1].map(axis => (wall[1][axis] - wall[0][axis]) / length * door.width / 2)
    shape('path', { class: `door${is('door', index, part) ? ' chosen' : ''}`, d: `M${door.x - dx} ${door.y - dy}L${door.x + dx} ${door.y + dy}` })
  }))
  doc.gateways.forEach((each, index) => shape('circle', { class: `gateway${is('gateway', index) ? ' chosen' : ''}`, cx: each.x, cy: each.y, r: 6 * px }))
  if (state.chosen?.kind === 'room') {
    doc.rooms[state.chosen.index].polygon.forEach(([x, y], part) => shape('circle', { class: `corner${state.chosen.part === part ? ' chosen' : ''}`, cx: x, cy: y, r: 5 * px }))
  }
  for (const each of state.file?.outlines || []) shape('polygon', { class: 'ghost', points: points(each.polygon) })
  if (state.trace.length) shape('polyline', { class: 'ghost', points: points(state.trace) })
  for (const [x, y] of state.file?.scale || []) shape('circle', { class: 'point', cx: x, cy: y, r: 5 * px })
  bars()
}

function bars () { // what stands around the board
  $('#save').disabled = !dirty()
  $('#takeback').disabled = dirty() || !state.undoable
  $('#back').disabled = !past.length
  for (const chip of document.querySelectorAll('[data-tool]')) chip.setAttribute('aria-pressed', chip.dataset.tool === state.tool)
  inspect()
}

export function fit () {
  const around = state.file?.picture ? { west: 0, north: 0, east: state.file.picture.width, south: state.file.picture.height } : state.file ? box(state.file.outlines.flatMap(each => each.polygon)) : { west: 0, north: 0, east: state.doc.width, south: state.doc.depth }
  const ratio = (board.clientHeight || 1) / (board.clientWidth || 1)
  const w = Math.max(around.east - around.west, (around.south - around.north) / ratio) * 1.08
  view = { w, h: w * ratio, x: (around.west + around.east - w) / 2, y: (around.north + around.south - w * ratio) / 2 }
  show()
}
function zoom (factor, [x, y] = [view.x + view.w / 2, view.y + view.h / 2]) {
  const w = Math.max(2, Math.min(1e5, view.w * factor)) / view.w
  view = { x: x - (x - view.x) * w, y: y - (y - view.y) * w, w: view.w * w, h: view.h * w }
  show()
}

export function choose (tool) {
  Object.assign(state, { tool, trace: [] })
  say(HINTS[tool])
  show()
}

// ---------------------------------------------------------------- what the tools do

const next = () => {
  const used = new Set(state.doc.rooms.map(room => room.number))
  const free = state.undrawn.find(number => !used.has(number))
  if (free) return free
  let n = state.doc.rooms.length + 1
  while (used.has(`New ${n}`)) n++
  return `New ${n}`
}
export function add (polygon, more = {}) {
  change(doc => {
    doc.rooms.push({ id: null, number: next(), name: '', room_type: '', polygon, doors: [], ...more })
    state.chosen = { kind: 'room', index: doc.rooms.length - 1 }
    state.trace = []
  })
}
export function split () {
  const { index } = state.chosen
  const [one, other] = halves(state.doc.rooms[index].polygon)
  change(doc => {
    const room = doc.rooms[index]
    const near = (polygon, door) => Math.min(...walls(polygon).map(wall => far(nearest(wall, [door.x, door.y]), [door.x, door.y])))
    const moved = room.doors.filter(door => near(other, door) < near(one, door))
    doc.rooms.push({ id: null, number: next(), name: '', room_type: room.room_type, polygon: other, doors: moved })
    room.polygon = one
    room.doors = room.doors.filter(door => !moved.includes(door))
  })
}
export function remove () {
  const chosen = state.chosen
  if (!chosen) return
  change(doc => {
    const room = doc.rooms[chosen.index]
    if (chosen.kind === 'gateway') doc.gateways.splice(chosen.index, 1)
    else if (chosen.kind === 'door') room.doors.splice(chosen.part, 1)
    else if (chosen.part !== undefined && room.polygon.length > 3) room.polygon.splice(chosen.part, 1)
    else {
      doc.rooms.splice(chosen.index, 1)
      for (const zone of doc.zones) zone.rooms = zone.rooms.filter(number => number !== room.number)
    }
    state.chosen = null
  })
}

const corners = but => state.doc.rooms.flatMap((room, index) => index === but ? [] : room.polygon).concat([[0, 0], [state.doc.width, state.doc.depth]])
const spot = event => {
  const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(board.getScreenCTM().inverse())
  return [at.x, at.y]
}
function hit (point, reach) {
  const { doc, chosen } = state
  if (chosen?.kind === 'room') {
    const part = doc.rooms[chosen.index].polygon.findIndex(corner => far(corner, point) < reach)
    if (part >= 0) return { kind: 'room', index: chosen.index, part }
  }
  const gateway = doc.gateways.findIndex(each => far([each.x, each.y], point) < reach)
  if (gateway >= 0) return { kind: 'gateway', index: gateway }
  for (const [index, room] of doc.rooms.entries()) {
    const part = room.doors.findIndex(door => far([door.x, door.y], point) < reach)
    if (part >= 0) return { kind: 'door', index, part }
  }
  const index = doc.rooms.findIndex(room => holds(room.polygon, point))
  return index >= 0 ? { kind: 'room', index } : null
}

const press = {
  select (point, reach) {
    state.chosen = hit(point, reach)
    show()
    const { kind, index, part } = state.chosen || {}
    if (!kind) return { pan: point }
    return (kind === 'room' && part !== undefined) || kind === 'gateway' ? { kind, index, part, before: JSON.stringify(state.doc) } : null
  },
  rect: (point, reach) => ({ from: snap(point, corners(), reach) }),
  polygon (point, reach) {
    const { trace } = state
    if (trace.length > 2 && far(trace[0], point) < reach) add(trace)
    else { trace.push(snap(point, corners().concat(trace), reach)); show() }
  },
  door (point, reach) {
    const found = wallAt(state.doc.rooms, point, Math.max(reach, 0.6), isWay)
    if (!found) return say('No wall is near enough; draw the room first.')
    change(doc => {
      doc.rooms[found.index].doors.push({ x: found.at[0], y: found.at[1], width: 1, wall: '' })
      state.chosen = { kind: 'door', index: found.index, part: doc.rooms[found.index].doors.length - 1 }
    })
  },
  gateway (point) {
    if (!state.device) return say(HINTS.gateway)
    const [x, y] = snap(point, [], 0)
    change(doc => {
      doc.gateways.push({ device: state.device, x, y })
      state.chosen = { kind: 'gateway', index: doc.gateways.length - 1 }
      state.device = null
    })
  },
  zone (point) {
    const room = state.doc.rooms.find(each => holds(each.polygon, point))
    if (state.zone < 0 || !room) return say(HINTS.zone)
    change(doc => {
      const zone = doc.zones[state.zone]
      zone.rooms = zone.rooms.includes(room.number) ? zone.rooms.filter(number => number !== room.number) : [...zone.rooms, room.number]
    })
  },
  scale (point) {
    const { file } = state
    if (file.scale.length > 1) file.scale.length = 0
    file.scale.push(point)
    show()
  }
}

// ---------------------------------------------------------------- pointers and keys

const down = new Map()
let drag = null
const reachOf = event => (event.pointerType === 'mouse' ? 8 : 18) * perPixel()

board.addEventListener('pointerdown', event => {
  board.setPointerCapture(event.pointerId)
  down.set(event.pointerId, [event.clientX, event.clientY])
  if (down.size > 1) { drag = null; return }
  drag = press[state.file ? 'scale' : state.tool](spot(event), reachOf(event))
})
board.addEventListener('pointermove', event => {
  if (!down.has(event.pointerId)) return
  const before = [...down.values()]
  down.set(event.pointerId, [event.clientX, event.clientY])
  const now = [...down.values()]
  if (now.length === 2) return zoom(far(...before) / (far(...now) || 1), spot(event))
  if (!drag) return
  const at = spot(event)
  if (drag.pan) { view.x -= at[0] - drag.pan[0]; view.y -= at[1] - drag.pan[1] }
  if (drag.from) { drag.to = snap(at, corners(), reachOf(event)); const r = rectangle(drag.from, drag.to); state.trace = [...r, r[0]] }
  if (drag.kind === 'room') state.doc.rooms[drag.index].polygon[drag.part] = snap(at, corners(drag.index), reachOf(event))
  if (drag.kind === 'gateway') [state.doc.gateways[drag.index].x, state.doc.gateways[drag.index].y] = snap(at, [], 0)
  show()
})
function up (event) {
  down.delete(event.pointerId)
  const done = drag
  drag = null
  if (done?.before && done.before !== JSON.stringify(state.doc)) { past.push(done.before); future.length = 0; show() }
  if (!done?.from) return
  state.trace = []
  if (done.to && Math.abs(done.to[0] - done.from[0]) >= 0.5 && Math.abs(done.to[1] - done.from[1]) >= 0.5) add(rectangle(done.from, done.to))
  else show()
}
board.addEventListener('pointerup', up)
board.addEventListener('pointercancel', up)
board.addEventListener('wheel', event => { event.preventDefault(); zoom(event.deltaY > 0 ? 1.15 : 0.87, spot(event)) }, { passive: false })

const ARROWS = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1] }
function nudge ([dx, dy], factor) {
  const { kind, index, part } = state.chosen
  const move = at => [round(at[0] + dx * factor), round(at[1] + dy * factor)]
  change(doc => {
    const room = doc.rooms[index]
    const one = kind === 'gateway' ? doc.gateways[index] : kind === 'door' ? room.doors[part] : null
    if (one) [one.x, one.y] = move([one.x, one.y])
    else if (part !== undefined) room.polygon[part] = move(room.polygon[part])
    else {
      room.polygon = room.polygon.map(move)
      for (const door of room.doors) [door.x, door.y] = move([door.x, door.y])
    }
  })
}
addEventListener('keydown', event => {
  if (event.target.closest('input, select, textarea')) return
  const key = event.key.toLowerCase()
  if ((event.ctrlKey || event.metaKey) && key === 'z') { event.preventDefault(); return event.shiftKey ? step(future, past) : step(past, future) }
  if (event.ctrlKey || event.metaKey || event.altKey || document.activeElement !== board) return
  const turn = { '[': -1, ']': 1 }[key]
  if (ARROWS[event.key] && state.chosen) { event.preventDefault(); nudge(ARROWS[event.key], event.shiftKey ? 10 : 1) } else if (turn && state.chosen?.kind === 'room') {
    const count = state.doc.rooms[state.chosen.index].polygon.length
    state.chosen.part = ((state.chosen.part ?? (turn > 0 ? -1 : 0)) + turn + count) % count
    show()
  } else if (key === 'delete' || key === 'backspace') remove()
  else if (key === 'escape') choose('select')
  else if (key === 'enter') {
    const [x, y] = [view.x + view.w / 2 - 2, view.y + view.h / 2 - 2].map(Math.round)
    if (state.trace.length > 2) add(state.trace)
    else if (state.tool === 'rect') add(rectangle([x, y], [x + 4, y + 4]))
  } else if (KEYS[key]) choose(KEYS[key])
})
for (const chip of document.querySelectorAll('[data-tool]')) chip.addEventListener('click', () => choose(chip.dataset.tool))
for (const button of document.querySelectorAll('[data-zoom]')) button.addEventListener('click', () => Number(button.dataset.zoom) ? zoom(Number(button.dataset.zoom)) : fit())
$('#back').addEventListener('click', () => step(past, future))
addEventListener('resize', fit)

take(await ask('/drawing'))
fit()
say(state.doc.rooms.length ? HINTS.select : 'Nothing is drawn yet: set the size of the floor beside, then draw a rectangle for each room, or open a plan.')
window.__ready = true
