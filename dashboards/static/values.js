// A number on the page changes in place: as many digits as it had, its unit stays. Words (a switch, a door) come with the page.

export function restate (element, value) {
  if (typeof value !== 'number') return false
  const digits = (element.textContent.split('.')[1] ?? '').match(/^\d*/)[0].length
  const number = value.toFixed(digits).replace('-', '−').replace(/\B(?=(\d{3})+(?!\d))/, ',')
  const fresh = element.textContent.replace(/^[−\d.,]+/, number)
  if (element.textContent !== fresh) element.textContent = fresh
  return true
}
