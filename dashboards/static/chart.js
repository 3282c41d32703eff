// The chart of a device or asset: uPlot on the canvas, our own band, gaps and alarm marks; drag to zoom.
// Data come from the page's own address (dashboards/series.py), downsampled for the span that is looked at.

import uPlot from './vendor/uplot/uPlot.esm.js'

const box = document.querySelector('#chart')
const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim()
const FONT = `11px ${css('--font')}`
const dark = matchMedia('(prefers-color-scheme: dark)')
const MARKS = { high: '▲', medium: '◆', low: '■' }
let plot = null
let data = null
let zoomed = false
const whole = { from: Number(box.dataset.from), to: Number(box.dataset.to) }

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: box.dataset.zone })
const day = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short', timeZone: box.dataset.zone })
const exact = new Intl.DateTimeFormat('en-GB', { weekday: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit', timeZone: box.dataset.zone })

const number = value => value.toLocaleString('en-US', { minimumFractionDigits: data.digits, maximumFractionDigits: data.digits }).replace('-', '−')
const words = value => value === null || value === undefined ? 'not heard' : data.states ? data.states[Math.round(value)] : `${number(value)}${data.unit ? '\u00a0' + data.unit : ''}`

function tick (values) {
  const span = values.length > 1 ? values[1] - values[0] : 0
  return values.map(at => {
    const moment = new Date(at * 1000)
    const time = clock.format(moment)
    return span >= 43200 || (time === '00:00' && span > 3600) ? day.format(moment) : time
  })
}

// The normal range behind the line, gaps hatched, limits dashed.
function under (u) {
  const { ctx } = u
  const { left, top, width, height } = u.bbox
  const y = value => Math.round(u.valToPos(value, 'y', true))
  const dpr = devicePixelRatio
  ctx.save()
  ctx.beginPath()
  ctx.rect(left, top, width, height)
  ctx.clip()
  if (data.low !== null || data.high !== null) {
    const high = data.high === null ? top : y(data.high)
    const low = data.low === null ? top + height : y(data.low)
    ctx.globalAlpha = 0.38
    ctx.fillStyle = css('--band')
    ctx.fillRect(left, high, width, low - high)
    ctx.globalAlpha = 1
    ctx.strokeStyle = css('--wall')
    ctx.lineWidth = dpr
    ctx.setLineDash([4 * dpr, 3 * dpr])
    for (const limit of [data.low, data.high]) {
      if (limit === null) continue
      ctx.beginPath()
      ctx.moveTo(left, y(limit))
      ctx.lineTo(left + width, y(limit))
      ctx.stroke()
    }
    ctx.setLineDash([])
  }
  for (let i = 1; i < data.t.length - 1; i++) if (data.v[i] === null) hatch(u, data.t[i - 1], data.t[i + 1])
  ctx.restore()
}

function hatch (u, from, to) {
  const { ctx } = u
  const { top, height } = u.bbox
  const x0 = u.valToPos(from, 'x', true)
  const x1 = u.valToPos(to, 'x', true)
  if (x1 - x0 < 3) return
  const step = 6 * devicePixelRatio
  ctx.save()
  ctx.beginPath()
  ctx.rect(x0, top, x1 - x0, height)
  ctx.clip()
  ctx.strokeStyle = css('--wall')
  ctx.globalAlpha = 0.55
  ctx.lineWidth = devicePixelRatio * 0.75
  ctx.beginPath()
  for (let x = x0 - height; x < x1; x += step) {
    ctx.moveTo(x, top + height)
    ctx.lineTo(x + height, top)
  }
  ctx.stroke()
  ctx.globalAlpha = 1
  const minutes = Math.round((to - from) / 60)
  const text = `not heard ${minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`}`
  ctx.font = FONT.replace('11', 11 * devicePixelRatio)
  if (x1 - x0 > ctx.measureText(text).width + 12 * devicePixelRatio) {
    const middle = (x0 + x1) / 2
    ctx.textAlign = 'center'
    ctx.fillStyle = css('--raised')
    const wide = ctx.measureText(text).width + 8 * devicePixelRatio
    ctx.fillRect(middle - wide / 2, top + height / 2 - 9 * devicePixelRatio, wide, 18 * devicePixelRatio)
    ctx.fillStyle = css('--ink-2')
    ctx.fillText(text, middle, top + height / 2 + 4 * devicePixelRatio)
  }
  ctx.restore()
}

// Alarms as marks with their word, the newest value as a dot.
function over (u) {
  const { ctx } = u
  const { left, top, width, height } = u.bbox
  const dpr = devicePixelRatio
  ctx.save()
  ctx.font = FONT.replace(/^11px/, `600 ${11 * dpr}px`)
  let free = Infinity
  for (const alarm of [...data.alarms].reverse()) {
    const x = Math.round(u.valToPos(alarm.at / 1000, 'x', true))
    if (x < left || x > left + width) continue
    ctx.strokeStyle = ctx.fillStyle = css(`--${alarm.priority}`)
    ctx.lineWidth = 1.5 * dpr
    ctx.beginPath()
    ctx.moveTo(x, top)
    ctx.lineTo(x, top + height)
    ctx.stroke()
    const word = `alarm ${clock.format(new Date(alarm.at))} ${MARKS[alarm.priority]}`
    const wide = ctx.measureText(word).width
    const end = Math.min(left + width, Math.max(left + wide, x + 6 * dpr))
    if (end < free) {
      ctx.textAlign = 'right'
      ctx.fillText(word, end, top - 6 * dpr)
      free = end - wide - 6 * dpr
    }
  }
  ctx.restore()
}

const seriesFor = () => {
  const path = data.states ? uPlot.paths.stepped({ align: 1 }) : undefined
  const edge = { stroke: 'transparent', points: { show: false }, width: 0 }
  return [
    { value: (_, at) => at === null ? '' : exact.format(new Date(at * 1000)) },
    { label: data.label, stroke: css('--ink'), width: 1.5, paths: path, spanGaps: false, points: { size: 4, fill: css('--ink') }, value: (_, v) => words(v) },
    edge, edge
  ]
}

// With lanes below, both share one time axis.
const beside = () => document.querySelector('.lanes .nm') ? document.querySelector('.lanes .nm').offsetWidth + 10 : 52

function options () {
  const grid = { stroke: css('--line'), width: 1 }
  const axis = { stroke: css('--ink-3'), font: FONT, grid, ticks: { show: false } }
  const spread = [data.v, data.lo, data.hi].flat().filter(v => v !== null)
  const seen = [...spread, ...[data.low, data.high].filter(v => v !== null)]
  return {
    width: box.clientWidth,
    height: box.clientWidth < 480 ? 200 : 240,
    padding: [22, 12, 0, 0],
    legend: { show: false },
    tzDate: at => uPlot.tzDate(new Date(at * 1000), box.dataset.zone),
    cursor: { drag: { x: true, y: false, setScale: false }, points: { size: 7 } },
    select: { show: true },
    scales: {
      x: { time: true, range: () => [data.from / 1000, data.to / 1000] },
      y: { range: data.states ? () => [-0.15, 1.15] : () => seen.length ? uPlot.rangeNum(Math.min(...seen), Math.max(...seen), 0.1, true) : [0, 1] }
    },
    axes: [
      { ...axis, grid: { show: false }, values: (_, values) => tick(values), space: 56, size: 26 },
      { ...axis, size: beside(), values: (_, values) => values.map(v => data.states ? data.states[v] ?? '' : `${v.toLocaleString('en-US').replace('-', '−')}`), splits: data.states ? () => [0, 1] : undefined }
    ],
    bands: [{ series: [3, 2], fill: `${css('--ink-3')}4d` }],
    series: seriesFor(),
    hooks: {
      drawClear: [under],
      draw: [over],
      setCursor: [u => {
        const at = u.cursor.idx
        const out = document.querySelector('#reads')
        out.textContent = at === null || at === undefined ? out.dataset.now : `${exact.format(new Date(data.t[at] * 1000))}: ${words(data.v[at])}`
      }],
      setSelect: [u => {
        if (u.select.width < 6) return
        const from = Math.round(u.posToVal(u.select.left, 'x') * 1000)
        const to = Math.round(u.posToVal(u.select.left + u.select.width, 'x') * 1000)
        u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false)
        if (to - from >= 60000) show(from, to, true)
      }]
    }
  }
}

function paint () {
  plot?.destroy()
  if (!data || data.t.length === 0) {
    box.dataset.state = 'empty'
    return
  }
  plot = new uPlot(options(), [data.t, data.v, data.lo, data.hi], box)
  plot.over.addEventListener('dblclick', () => show(whole.from, whole.to, false))
  box.dataset.state = 'drawn'
  box.dataset.points = data.t.length
}

async function show (from, to, zoom) {
  const address = new URL(box.dataset.series, location.href)
  address.searchParams.set('from', from)
  address.searchParams.set('to', to)
  try {
    const answer = await fetch(address, { headers: { Accept: 'application/json' } })
    if (!answer.ok) throw new Error(String(answer.status))
    data = await answer.json()
  } catch {
    if (!data) box.dataset.state = 'failed'
    return
  }
  zoomed = zoom
  const page = new URL(location.href)
  for (const [name, value] of [['from', from], ['to', to]]) zoom ? page.searchParams.set(name, value) : page.searchParams.delete(name)
  history.replaceState(null, '', page)
  document.querySelector('#unzoom').hidden = !zoom
  paint()
}

document.querySelector('#unzoom').addEventListener('click', () => show(whole.from, whole.to, false))
dark.addEventListener('change', paint)
new ResizeObserver(() => { if (plot && plot.width !== box.clientWidth) paint() }).observe(box)
setInterval(() => {
  if (zoomed || document.hidden) return
  const passed = Date.now() - loaded
  show(whole.from + passed, whole.to + passed, false)
}, 60000)
const loaded = Date.now()
const asked = new URL(location.href).searchParams
if (asked.get('from') && asked.get('to')) show(Number(asked.get('from')), Number(asked.get('to')), true)
else show(whole.from, whole.to, false)
