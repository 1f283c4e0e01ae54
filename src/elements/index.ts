/**
 * Joining and inviting as custom elements: `<plus-one-join>` and `<plus-one-invite>`, for a page of any framework or
 * none. Importing this defines them.
 *
 * @packageDocumentation
 */
import { InviteElement } from './invite.js'
import { JoinElement } from './join.js'

export { foreign } from './foreign.js'
export { InviteElement } from './invite.js'
export { JoinElement } from './join.js'
export { nameAmong, nameOf } from './people.js'
export { searchable } from './search.js'
export type { Named } from './people.js'
export type { Asked } from './joining.js'

declare global {
  interface HTMLElementTagNameMap {
    'plus-one-invite': InviteElement
    'plus-one-join': JoinElement
  }
}

const ELEMENTS = { 'plus-one-invite': InviteElement, 'plus-one-join': JoinElement }

// a server has none
if ('customElements' in globalThis) {
  Object.entries(ELEMENTS).filter(([name]) => customElements.get(name) == null).forEach(([name, element]) => { customElements.define(name, element) })
}
