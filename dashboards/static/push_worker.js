// Shows what a push service brings (service_desk/notices/channels/web_push.py). Served as /push-worker.js: a browser's
// subscription hangs on that address, so it never changes.

self.addEventListener('push', event => {
  const { id, title, body, url, high } = event.data.json()
  event.waitUntil(self.registration.showNotification(title, { body, tag: id, requireInteraction: high, data: url }))
})

self.addEventListener('notificationclick', event => {
  event.notification.close()
  const { pathname, search, hash } = new URL(event.notification.data || '/alarms', self.location.origin)
  event.waitUntil(self.clients.openWindow(pathname + search + hash)) // never to another site
})
