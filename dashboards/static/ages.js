// Ages and clocks that tick in place, in the server's time: as of this page, then as of the live feed.

let ahead = Number(document.body.dataset.now) - Date.now() // ms by which the server's clock is ahead of this one's

export const serverNow = () => Date.now() + ahead
export const setServerNow = ms => { ahead = ms - Date.now() }

// The same words as dashboards/words.py
export function age (ms) {
  const s = Math.max(0, Math.floor(ms / 1000))
  for (const [size, name] of [[86400, 'd'], [3600, 'h'], [60, 'min']]) {
    if (s >= size) return `${Math.floor(s / size)}\u00a0${name}`
  }
  return `${s}\u00a0s`
}

export function tick (root = document) {
  const now = serverNow()
  for (const el of root.querySelectorAll('[data-at]')) {
    const text = age(now - Number(el.dataset.at)) + ('ago' in el.dataset ? ' ago' : '')
    if (el.textContent !== text) el.textContent = text
  }
}

setInterval(tick, 1000)
document.addEventListener('visibilitychange', () => { if (!document.hidden) tick() })
