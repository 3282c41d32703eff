// The one WebSocket of a page (dashboards/live.py says what it sends). `subscribe(kind, fn)`: fn gets that part of every
// message that has it, and the message; `onState(fn)`: fn gets true when connected, false when not.
// The server speaks three times a second; 2.5 s of silence is a lost connection.

import { setServerNow } from './ages.js'

const SILENCE = 2500
const SIGNED_OUT = 4401
const listeners = new Map()
const watchers = new Set()
let socket = null
let heard = performance.now() // when the last message came
let heardAt = null // the server's time in it
let connected = null // null until the first answer
let version = document.querySelector('meta[name=live]')?.content ?? ''
let tries = 0
let timer = 0

export function subscribe (kind, fn) {
  if (!listeners.has(kind)) listeners.set(kind, new Set())
  listeners.get(kind).add(fn)
  return () => listeners.get(kind).delete(fn)
}

export function onState (fn) {
  watchers.add(fn)
  if (connected !== null) fn(connected)
}

export const lastHeard = () => ({ ago: performance.now() - heard, at: heardAt })

function say (state) {
  if (connected === state) return
  connected = state
  for (const fn of watchers) fn(state)
}

function connect () {
  clearTimeout(timer)
  timer = 0
  const here = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws/live${version === '' ? '' : `?since=${version}`}`)
  socket = here
  here.onmessage = event => {
    if (here !== socket) return
    const message = JSON.parse(event.data)
    heard = performance.now()
    tries = 0
    version = message.v
    heardAt = Date.parse(message.t)
    setServerNow(heardAt)
    say(true)
    for (const [kind, fns] of listeners) {
      if (kind in message) for (const fn of fns) fn(message[kind], message)
    }
  }
  here.onclose = event => {
    if (event.code === SIGNED_OUT) return location.reload()
    if (here === socket) lose()
  }
}

function lose () {
  say(false)
  if (timer) return
  const gone = socket
  socket = null
  gone?.close()
  timer = setTimeout(connect, Math.min(10000, 500 * 2 ** tries++) * (0.5 + Math.random()))
}

function watch () {
  if (!timer && performance.now() - heard > SILENCE + (connected === null ? 2500 : 0)) {
    heard = performance.now() - SILENCE // a new connection gets its own time to speak
    lose()
  }
}

function wake () {
  if (document.hidden || connected) return
  tries = 0
  if (!socket) connect()
}

if (document.querySelector('meta[name=live]')) { // else nobody is here whom the feed admits
  addEventListener('online', wake)
  document.addEventListener('visibilitychange', wake)
  addEventListener('pagehide', () => { const gone = socket; socket = null; clearTimeout(timer); gone?.close() })
  addEventListener('pageshow', event => { if (event.persisted) connect() })
  connect()
  setInterval(watch, 250)
}
