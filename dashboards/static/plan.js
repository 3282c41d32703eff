// The plan of a floor: fits the window, zooms (counts, then dots, then names), dots glide from room to room.
// The server has drawn it; nothing here draws anything anew.

const DOTS = 10 // screen pixels a metre from which on dots are shown
const NAMES = 30
const GLIDE = 150 // ms
const FARTHEST = 12
const calm = matchMedia('(prefers-reduced-motion: reduce)')

let plan, map, pane
let zoom = 1
let base = 0
const moving = new Map()

const all = (selector, root = document) => root.querySelectorAll(selector)

// ---------------------------------------------------------------- size and detail

function fit () {
  const ratio = plan.dataset.width / plan.dataset.depth
  const fixed = getComputedStyle(map.parentElement).display === 'flex' // the window's height is given; else the page grows
  base = Math.max(200, Math.min(map.clientWidth - 6, fixed ? (map.clientHeight - 6) * ratio : Infinity))
  pane.style.height = fixed ? '' : `${base / ratio + 6}px` // so that zooming moves nothing below it
  apply()
}

function apply () {
  const width = base * zoom
  plan.style.width = `${width}px`
  const metre = width / plan.dataset.width
  plan.dataset.detail = metre < DOTS ? 'counts' : metre < NAMES ? 'dots' : 'names'
  plan.dataset.metre = metre
  words(metre)
  const ruler = document.querySelector('.ruler')
  if (ruler) {
    const long = [10, 5, 2, 1].find(m => m * metre <= 200) ?? 1
    ruler.firstElementChild.textContent = `${long} m`
    ruler.lastElementChild.style.width = `${long * metre}px`
  }
  count()
  for (const dot of all('.a', plan)) look(dot, metre)
}

const spot = id => plan.querySelector(`[data-spot="${id}"]`)

// How many pixels of a room's label stay clear of its dots.
function headroom (label, metre) {
  const rows = [...all(`.a[data-room="${label.dataset.room}"]`, plan)].map(dot => parseFloat(dot.getAttribute('y')))
  if (!rows.length || plan.dataset.detail === 'counts') return Infinity
  return (Math.min(...rows) - parseFloat(label.getAttribute('y'))) / 100 * plan.dataset.depth * metre - 8
}

// What does not fit into its room is left out: the list has it.
function words (metre) {
  for (const label of all('.lab', plan)) {
    const room = label.dataset.wide * metre
    const gateway = plan.querySelector(`.gw[data-room="${label.dataset.room}"]`)
    const corner = gateway ? 18 : 0
    gateway?.classList.toggle('inv', label.classList.contains('high'))
    const head = headroom(label, metre)
    const name = label.querySelector('.rt')
    const long = name.textContent.length * 6
    const narrow = room - corner < 50 + long
    const below = narrow && !label.querySelector('.ln') && room > 12 + long && head > 36
    name.classList.toggle('below', below)
    name.classList.toggle('tight', narrow && !below)
    for (const line of all('.l3, .l4', label)) {
      line.classList.remove('tight')
      const foot = line.getBoundingClientRect().bottom - label.getScreenCTM().f
      line.classList.toggle('tight', label.dataset.deep * metre < (line.matches('.l3') ? 120 : 140) || foot > head)
    }
    for (const text of all('.ln text', label)) {
      text.classList.remove('tight')
      const width = text.getComputedTextLength()
      const tight = width > 0 && width > room - (text.parentElement.classList.contains('mk') ? 21 : 8)
      text.classList.toggle('tight', tight)
      if (text.classList.contains('full')) text.parentElement.classList.toggle('brief', tight)
    }
  }
}

function look (dot, metre) {
  const space = (spot(dot.dataset.room)?.dataset.space ?? 1) * metre
  dot.classList.toggle('roomy', space > 62)
  dot.classList.toggle('dense', space < 26)
  dot.classList.toggle('inv', spot(dot.dataset.room)?.classList.contains('high') ?? false)
}

function zoomTo (next, x = pane.clientWidth / 2, y = pane.clientHeight / 2) {
  const old = zoom
  zoom = Math.min(FARTHEST, Math.max(1, next))
  if (zoom === old) return
  const left = (pane.scrollLeft + x) * zoom / old - x
  const top = (pane.scrollTop + y) * zoom / old - y
  apply()
  pane.scrollTo(left, top)
}

// ---------------------------------------------------------------- dots

function free (id, mine) {
  const room = spot(id)
  if (!room) return null
  const taken = new Set()
  for (const dot of all(`.a[data-room="${id}"]`, plan)) if (dot !== mine) taken.add(dot.dataset.slot)
  const places = room.dataset.slots.trim().split(' ')
  for (let i = 0; i < places.length; i += 2) {
    const at = `${places[i]} ${places[i + 1]}`
    if (!taken.has(at)) return at
  }
  return null
}

function count () {
  const here = new Map()
  for (const dot of all('.a', plan)) here.set(dot.dataset.room, (here.get(dot.dataset.room) ?? 0) + 1)
  for (const room of all('[data-spot]', plan)) {
    const n = here.get(room.dataset.spot) ?? 0
    const label = plan.querySelector(`.lab[data-room="${room.dataset.spot}"]`)
    room.classList.toggle('high', label?.classList.contains('high') ?? false)
    room.classList.toggle('tight', Boolean(label?.querySelector('.mk')) && room.dataset.deep * plan.dataset.metre < 48)
    const text = n ? `● ${n}` : ''
    if (room.firstElementChild.textContent !== text) room.firstElementChild.textContent = text
  }
}

function glide (dot, at) {
  const [x, y] = at.split(' ').map(Number)
  dot.dataset.slot = at
  if (calm.matches || document.hidden) {
    moving.delete(dot)
    put(dot, x, y)
    return
  }
  if (moving.size === 0) requestAnimationFrame(step)
  moving.set(dot, { from: [parseFloat(dot.getAttribute('x')), parseFloat(dot.getAttribute('y'))], to: [x, y], since: performance.now() })
}

function put (dot, x, y) {
  dot.setAttribute('x', `${x}%`)
  dot.setAttribute('y', `${y}%`)
}

function step (now) {
  for (const [dot, { from, to, since }] of moving) {
    const part = Math.min(1, Math.max(0, (now - since) / GLIDE))
    const eased = part * (2 - part)
    put(dot, from[0] + (to[0] - from[0]) * eased, from[1] + (to[1] - from[1]) * eased)
    if (part === 1) moving.delete(dot)
  }
  if (moving.size) requestAnimationFrame(step)
}

// A fix has come: move the dot. One that comes onto this floor, or begins or ends to be doubtful, is fetched.
export function place (id, room, confidence, stale) {
  const dot = plan.querySelector(`.a[data-asset="${id}"]`)
  const known = room !== null && spot(room) !== null
  if (!dot) {
    if (known) stale()
    return
  }
  if (!known) {
    dot.remove()
    count()
    return
  }
  if (dot.classList.contains('old') !== confidence < 0.7) stale()
  if (dot.dataset.room === String(room)) return
  move(dot, String(room))
}

function move (dot, room) {
  dot.dataset.room = room
  const at = free(room, dot)
  dot.classList.toggle('crowd', at === null)
  if (at) glide(dot, at)
  look(dot, Number(plan.dataset.metre))
  count()
}

// Take over from a fetched page how the dots look; those that stand in their room stay where they are.
export function sync (page) {
  const fresh = new Map([...all('#dots .a', page)].map(dot => [dot.dataset.asset, dot]))
  for (const dot of all('.a', plan)) {
    const next = fresh.get(dot.dataset.asset)
    fresh.delete(dot.dataset.asset)
    if (!next) { dot.remove(); continue }
    const mine = dot.firstElementChild
    const copy = document.importNode(next.firstElementChild, true)
    if (!mine.isEqualNode(copy)) mine.replaceWith(copy)
    for (const name of ['use', 'half', 'no', 'old']) dot.classList.toggle(name, next.classList.contains(name))
    if (dot.dataset.room !== next.dataset.room) move(dot, next.dataset.room)
  }
  for (const next of fresh.values()) {
    const dot = document.importNode(next, true)
    plan.querySelector('#dots').append(dot)
    const at = free(dot.dataset.room, dot)
    if (at) { dot.dataset.slot = at; put(dot, ...at.split(' ')) }
  }
  apply()
}

// ---------------------------------------------------------------- wheel, pinch, buttons

function pinch () {
  let span = 0
  let start = 1
  const far = touches => Math.hypot(touches[0].clientX - touches[1].clientX, touches[0].clientY - touches[1].clientY)
  pane.addEventListener('touchstart', event => {
    if (event.touches.length === 2) { span = far(event.touches); start = zoom }
  }, { passive: true })
  pane.addEventListener('touchmove', event => {
    if (event.touches.length !== 2 || !span) return
    event.preventDefault()
    const box = pane.getBoundingClientRect()
    const [a, b] = event.touches
    zoomTo(start * far(event.touches) / span, (a.clientX + b.clientX) / 2 - box.left, (a.clientY + b.clientY) / 2 - box.top)
  }, { passive: false })
  pane.addEventListener('touchend', () => { span = 0 })
}

export function draw (root) {
  plan = root
  map = plan.closest('.map')
  pane = plan.closest('.pane')
  for (const dot of all('.a', plan)) dot.dataset.slot = `${parseFloat(dot.getAttribute('x'))} ${parseFloat(dot.getAttribute('y'))}`
  fit()
  plan.dataset.ready = ''
  new ResizeObserver(fit).observe(map)
  const buttons = document.querySelector('.zoom')
  buttons.hidden = false
  buttons.addEventListener('click', event => {
    const what = event.target.closest('[data-zoom]')?.dataset.zoom
    if (what) zoomTo(what === 'fit' ? 1 : what === 'in' ? zoom * 1.5 : zoom / 1.5)
  })
  pane.addEventListener('wheel', event => {
    if (!event.ctrlKey && getComputedStyle(map.parentElement).display !== 'flex') return
    event.preventDefault()
    const box = pane.getBoundingClientRect()
    zoomTo(zoom * Math.exp(-event.deltaY / 400), event.clientX - box.left, event.clientY - box.top)
  }, { passive: false })
  pane.addEventListener('keydown', event => {
    const step = { '+': 1.5, '=': 1.5, '-': 1 / 1.5, 0: 1 / zoom }[event.key]
    if (step) zoomTo(zoom * step)
  })
  pinch()
}
