/**
 * Joining and inviting as custom elements: `<plus-one-join>` and `<plus-one-invite>`, for a page of any framework or
 * none. Importing this defines them.
 *
 * @packageDocumentation
 */
import { JoinElement } from './join.js'

export { JoinElement } from './join.js'
export type { Asked } from './joining.js'

declare global {
  interface HTMLElementTagNameMap {
    'plus-one-join': JoinElement
  }
}

// a server has none
if ('customElements' in globalThis && customElements.get('plus-one-join') == null) {
  customElements.define('plus-one-join', JoinElement)
}
