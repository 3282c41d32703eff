// A room, device or asset page changes in place when the live feed says that something of it is new.

import { subscribe } from './live.js'
import { refresh } from './refresh.js'
import { restate } from './values.js'

const PACE = 1000 // ms between two looks at the whole page; numbers change at once
const { place, device, asset } = document.querySelector('[data-place], [data-device], [data-asset-page]').dataset
const mine = { rooms: place, states: place, devices: device, fixes: asset ?? document.querySelector('[data-asset-page]')?.dataset.assetPage }
let waiting = 0
let last = -PACE

for (const [kind, id] of Object.entries(mine)) {
  if (!id) continue
  const ids = id.split(' ')
  subscribe(kind, (news, message) => {
    if (message.hello || waiting || !ids.some(each => each in news)) return
    waiting = setTimeout(() => { waiting = 0; last = performance.now(); refresh() }, Math.max(0, last + PACE - performance.now()))
  })
}

subscribe('devices', devices => {
  for (const shown of document.querySelectorAll('#latest [data-metric]')) {
    const heard = devices[shown.dataset.of]?.[shown.dataset.metric]
    if (heard && restate(shown, heard[0])) shown.parentElement.querySelector('time').dataset.at = heard[1]
  }
})

setInterval(() => { if (!document.hidden && !waiting) refresh() }, 60000) // sentences say for how long
