// "This browser" on the page What I am told: subscribes at the browser's push service, or ends that.

const form = document.querySelector('#browser')
const said = form.querySelector('[role=status]')
const [start, stop] = form.querySelectorAll('button')
const key = Uint8Array.from(atob(form.dataset.key.replaceAll('-', '+').replaceAll('_', '/')), each => each.charCodeAt(0))

function say (text, ...buttons) {
  said.textContent = text
  for (const each of [start, stop]) each.hidden = !buttons.includes(each)
}

function mine (subscription) {
  return subscription && document.querySelector(`[data-endpoint="${CSS.escape(subscription.endpoint)}"]`)
}

async function current () {
  return await (await navigator.serviceWorker.getRegistration('/'))?.pushManager.getSubscription()
}

async function look () {
  if (!navigator.serviceWorker || !window.PushManager || !window.Notification) {
    return say(window.isSecureContext ? 'This browser cannot be told: it has no web push.' : 'A browser can only be told when this page is opened by https.')
  }
  if (Notification.permission === 'denied') return say('You do not allow notifications of this site. Allow them in the settings of this browser, then load this page again.')
  const row = mine(await current())
  if (!row) return say('Shows your notices even while this page is closed. Only in a browser that nobody else uses: it goes on after you sign out.', start)
  row.querySelector('.here').hidden = false
  say('This browser shows your notices.', stop)
}

async function subscribed () {
  await navigator.serviceWorker.register('/push-worker.js')
  const { pushManager } = await navigator.serviceWorker.ready
  const old = await pushManager.getSubscription()
  if (old && !same(old.options.applicationServerKey)) await old.unsubscribe()
  return await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })
}

function same (buffer) {
  const other = new Uint8Array(buffer ?? 0)
  return other.length === key.length && other.every((each, index) => each === key[index])
}

start.addEventListener('click', async event => {
  event.preventDefault()
  say('Asking the browser …')
  if (await Notification.requestPermission() !== 'granted') return say('Nothing was changed: notifications were not allowed.', start)
  try {
    const { endpoint, keys } = (await subscribed()).toJSON()
    for (const [name, value] of Object.entries({ endpoint, ...keys })) form.elements[name].value = value
  } catch (trouble) {
    return say(`This browser cannot reach its maker's push service (${trouble.message}). Is there a way to the Internet?`, start)
  }
  form.submit()
})

stop.addEventListener('click', async () => {
  const subscription = await current()
  const row = mine(subscription)
  await subscription?.unsubscribe()
  row ? row.querySelector('form[action$=remove]').submit() : location.reload()
})

look()
