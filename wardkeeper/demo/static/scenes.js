// The strip of the scene that is played: what it says follows the hospital; Esc ends the scene when nothing else wants it.

const EVERY = 1000 // ms
const strip = document.querySelector('#scene')
const parser = new DOMParser()
const status = strip.querySelector('[role=status]')
const size = new ResizeObserver(() => document.documentElement.style.setProperty('--scene', `${strip.offsetHeight}px`))

function swap (fresh) {
  for (const old of strip.querySelectorAll('[data-part]')) {
    const next = fresh.querySelector(`#${old.id}`)
    if (old.isEqualNode(next)) continue
    const focused = old.contains(document.activeElement)
    const waited = old.querySelector('.soon') && !next.querySelector('.soon')
    old.replaceWith(document.importNode(next, true))
    if (waited) status.textContent = 'The scene goes on: Next.'
    if (focused) strip.querySelector(`#${old.id} button`)?.focus()
  }
}

async function look () {
  if (document.hidden) return
  try {
    const answer = await fetch(`/demo/scene?at=${encodeURIComponent(location.pathname + location.search)}`)
    if (!answer.ok) return
    const fresh = parser.parseFromString(await answer.text(), 'text/html').querySelector('#scene')
    if (fresh) return swap(fresh)
    clearInterval(timer)
    size.disconnect()
    document.documentElement.style.setProperty('--scene', '0px')
    strip.remove()
  } catch { /* the lamp says that the server is away */ }
}

document.addEventListener('keydown', event => {
  const free = document.activeElement === document.body || strip.contains(document.activeElement)
  if (event.key !== 'Escape' || !free || document.querySelector('details.menu[open]')) return
  strip.querySelector('#scene-end')?.requestSubmit()
}, { capture: true }) // before a menu that is open closes itself

size.observe(strip)
const timer = setInterval(look, EVERY)
