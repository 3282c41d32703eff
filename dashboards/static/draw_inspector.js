// The inspector of the drawing page: the fields of what is chosen; of nothing chosen, the floor's.

import { add, ask, change, fit, remove, say, show, split, state } from './draw.js'
import { area, box, far, round } from './draw_shapes.js'

const side = document.querySelector('#inspector')

function make (name, attributes = {}, ...inside) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value)
    else made.setAttribute(key, value)
  }
  made.append(...inside)
  return made
}
const button = (word, click, more = {}) => make('button', { class: 'btn', type: 'button', onclick: click, ...more }, word)
const row = (...inside) => make('div', { class: 'rowed' }, ...inside)
function field (word, name, value, set, more = {}) {
  const input = make('input', { class: 'in', name, value, onchange: event => set(event.target.value.trim()), ...more })
  return make('label', { class: 'f' }, word, input)
}
function pick (word, name, options, value, set) {
  const select = make('select', { class: 'in', name, onchange: event => set(event.target.value) }, ...options.map(([id, text]) => make('option', { value: id }, text)))
  select.value = value
  return make('label', { class: 'f' }, word, select)
}
const sized = (word, name, value, set) => field(word, name, value, text => Number(text) > 0 && set(Number(text)), { type: 'number', min: 0.5, step: 0.1 })
const named = id => state.devices.find(each => each.id === id)?.name || `Device ${id}`

function ofRoom ({ index }) {
  const room = state.doc.rooms[index]
  const set = key => text => change(doc => { doc.rooms[index][key] = text })
  const renumber = text => text && change(doc => {
    for (const zone of doc.zones) zone.rooms = zone.rooms.map(each => each === room.number ? text : each)
    doc.rooms[index].number = text
  })
  return [
    make('h2', {}, `Room, ${round(area(room.polygon))} m²`),
    field('Number', 'number', room.number, renumber, { list: 'undrawn', maxlength: 40 }),
    field('Name', 'name', room.name, set('name'), { maxlength: 80 }),
    field('Type (corridor, stairs, lift are ways)', 'room_type', room.room_type, set('room_type'), { list: 'types', maxlength: 80 }),
    row(button('Split', split), button('Delete', remove)),
    ...(state.things[room.number]?.length ? [make('h2', {}, 'Brick classes here')] : []),
    ...(state.things[room.number] || []).flatMap(thing => [classed(thing.name, thing.key, thing.brick), ...thing.points.length ? [make('p', { class: 'points' }, `Points: ${thing.points.join(', ')}`)] : []])
  ]
}

// The Brick class of a device or an asset; the first choice is what follows from its kind.
function classed (word, key, usual) {
  const options = [['', usual || 'None'], ...state.classes.filter(each => each !== usual).map(each => [each, each])]
  return pick(word, `brick-${key}`, options, state.doc.brick[key] || '', chosen => change(doc => {
    if (chosen) doc.brick[key] = chosen
    else delete doc.brick[key]
  }))
}

function ofDoor ({ index, part }) {
  const room = state.doc.rooms[index]
  return [
    make('h2', {}, `Door of ${room.number}`),
    sized('Width, m', 'width', room.doors[part].width, value => change(doc => { doc.rooms[index].doors[part].width = value })),
    row(button('Delete', remove))
  ]
}

const ofGateway = ({ index }) => [
  make('h2', {}, named(state.doc.gateways[index].device)),
  make('p', {}, `Hangs at ${state.doc.gateways[index].x}, ${state.doc.gateways[index].y} m. Drag it, or move it with the arrows.`),
  classed('Brick class', `device:${state.doc.gateways[index].device}`, 'Gateway'),
  row(button('Take away', remove))
]

function ofZones () {
  const kinds = [...document.querySelector('#kinds').content.children].map(each => [each.textContent, each.textContent])
  const { zones } = state.doc
  const zone = zones[state.zone]
  const made = [
    make('h2', {}, 'Zones'),
    row(...zones.map((each, index) => button(`${each.name}, ${each.kind}`, () => { state.zone = index; show() }, { 'aria-pressed': index === state.zone })),
      button('New zone', () => change(doc => {
        doc.zones.push({ kind: 'hvac', name: `Zone ${doc.zones.length + 1}`, rooms: [], polygon: null })
        state.zone = doc.zones.length - 1
      })))
  ]
  if (!zone) return made
  const set = key => text => text && change(doc => { doc.zones[state.zone][key] = text })
  return [...made,
    pick('Kind', 'kind', kinds, zone.kind, set('kind')),
    field('Name', 'name', zone.name, set('name'), { maxlength: 40 }),
    make('p', {}, zone.rooms.length ? `Rooms: ${zone.rooms.join(', ')}` : 'Click its rooms.'),
    row(button('Delete', () => change(doc => { doc.zones.splice(state.zone, 1); state.zone = -1 })))
  ]
}

function ofGateways () {
  const placed = new Set(state.doc.gateways.map(each => each.device))
  const free = state.devices.filter(each => !placed.has(each.id)).sort((a, b) => b.gateway - a.gateway)
  if (!free.length) return [make('h2', {}, 'Gateways'), make('p', {}, 'Every gateway that was heard is placed.')]
  const options = [['', 'Choose'], ...free.map(each => [each.id, each.name])]
  return [make('h2', {}, 'Gateways'), pick('Place', 'device', options, state.device ?? '', id => { state.device = Number(id) || null })]
}

async function open (event) {
  const file = event.target.files[0]
  if (!file) return
  const body = new FormData()
  body.append('file', file)
  if (/\.(png|jpe?g)$/i.test(file.name)) {
    const kept = await ask('/ground', body)
    if (!kept) return
    state.file = { picture: { ...kept, url: URL.createObjectURL(file) }, outlines: [], scale: [] }
    say('Click two points whose distance you know.')
    return fit()
  }
  const outlines = await ask('/plan-file', body)
  if (!outlines) return
  state.file = { outlines, scale: [] }
  say(`${outlines.length} outlines. Click two points whose distance you know.`)
  fit()
}

function lay (factor, done) {
  const { width, height, digest } = state.file.picture
  change(doc => {
    doc.ground = { digest, x: 0, y: 0, width: round(width * factor), height: round(height * factor) }
    doc.width = Math.max(doc.rooms.length ? doc.width : 0, Math.ceil(doc.ground.width))
    doc.depth = Math.max(doc.rooms.length ? doc.depth : 0, Math.ceil(doc.ground.height))
  })
  done()
}

function ofFile () {
  const { outlines, scale } = state.file
  const done = () => { state.file = null; fit() }
  const use = text => {
    const factor = Number(text) / far(...scale)
    if (!Number.isFinite(factor) || factor <= 0) return
    if (state.file.picture) return lay(factor, done)
    const around = box(outlines.flatMap(each => each.polygon))
    const used = new Set(state.doc.rooms.map(room => room.number))
    change(doc => {
      outlines.forEach((each, n) => {
        const polygon = each.polygon.map(([x, y]) => [round((x - around.west) * factor), round((y - around.north) * factor)])
        let number = each.number || `Plan ${n + 1}`
        while (used.has(number)) number += '+'
        used.add(number)
        doc.rooms.push({ ...each, id: null, number, polygon, doors: [] })
      })
      doc.width = Math.max(doc.width, Math.ceil((around.east - around.west) * factor))
      doc.depth = Math.max(doc.depth, Math.ceil((around.south - around.north) * factor))
    })
    done()
  }
  return [
    make('h2', {}, 'Scale of the plan'),
    scale.length < 2 ? make('p', {}, `Click ${scale.length ? 'the other point' : 'two points whose distance you know'}.`) : sized('Distance between them, m', 'distance', '', use),
    row(button('Leave the plan', done))
  ]
}

function ofGround (ground) {
  const set = key => text => Number.isFinite(Number(text)) && change(doc => { doc.ground[key] = Number(text) })
  const side = (word, key) => field(word, `ground-${key}`, ground[key], set(key), { type: 'number', step: 0.1 })
  const wide = value => change(doc => { doc.ground.height = round(doc.ground.height * value / doc.ground.width); doc.ground.width = value })
  return [
    make('h2', {}, 'Picture under it'),
    sized('Width, m', 'ground-width', ground.width, wide),
    side('From the west, m', 'x'), side('From the north, m', 'y'),
    row(button('Take the picture away', () => change(doc => { doc.ground = null })))
  ]
}

function ofFloor () {
  const set = key => value => change(doc => { doc[key] = value })
  return [
    make('h2', {}, `Floor, ${state.doc.rooms.length} rooms`),
    sized('Width, m', 'width', state.doc.width, set('width')),
    sized('Depth, m', 'depth', state.doc.depth, set('depth')),
    make('label', { class: 'f' }, 'Plan (.svg, .geojson), or a picture to draw over (.png, .jpg)', make('input', { class: 'in', type: 'file', name: 'plan', accept: '.svg,.geojson,.json,.png,.jpg,.jpeg', onchange: open })),
    ...(state.doc.ground ? ofGround(state.doc.ground) : []),
    row(make('a', { class: 'btn', href: location.pathname.replace(/draw$/, 'plan.geojson'), download: '' }, 'GeoJSON'),
      button('Add a room', () => add([[0, 0], [4, 0], [4, 4], [0, 4]]))),
    row(...state.doc.rooms.map((room, index) => button(room.number, () => { state.chosen = { kind: 'room', index }; show() })))
  ]
}

let shown = ''
export function inspect () { // made anew only when it says something else: whoever types keeps the field
  const { chosen, tool } = state
  const now = JSON.stringify([chosen, tool, state.zone, state.device, state.wrong, state.file?.scale, state.file && 1, state.doc, state.devices.length])
  if (now === shown) return
  shown = now
  const held = side.contains(document.activeElement) ? document.activeElement.name : ''
  const parts = state.file ? ofFile() : tool === 'zone' ? ofZones() : chosen ? { room: ofRoom, door: ofDoor, gateway: ofGateway }[chosen.kind](chosen) : tool === 'gateway' ? ofGateways() : ofFloor()
  const wrongs = state.wrong.length ? [make('ul', { class: 'wrongs' }, ...state.wrong.map(each => make('li', {}, each.why)))] : []
  side.replaceChildren(...wrongs, ...parts)
  if (held) side.querySelector(`[name="${held}"]`)?.focus()
  document.querySelector('#undrawn').replaceChildren(...state.undrawn.map(number => make('option', { value: number })))
}
