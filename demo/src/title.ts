/** The tab's title: how much is new, and where one is. */
const APP = 'plus-one'

let place = ''
let unseen = 0

function show (): void {
  document.title = `${unseen === 0 ? '' : `(${unseen}) `}${place === '' ? '' : `${place} – `}${APP}`
}

export function setTitle (now: string): void {
  place = now
  show()
}

export function setUnseen (now: number): void {
  unseen = now
  show()
}
