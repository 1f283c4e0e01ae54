/** One text field that is drawn as a box for each character of a PIN: a paste, a screen reader and the keyboard find a field. */
import { html } from 'lit/html.js'
import type { PinShape } from '../interface/index.js'
import type { Words } from './strings.js'

/** Boxes in a row. */
const MOST_COLUMNS = 6

export interface PinBoxesInit {
  shape: PinShape
  /** What was typed so far. */
  typed: string
  /** Where the PIN is to be had. */
  from: string
  busy: boolean
  onType: (typed: string) => void
}

export function pinBoxes ({ strings, text, count }: Words, { shape, typed, from, busy, onType }: PinBoxesInit): unknown {
  const { length, alphabet } = shape
  const isDigits = /^\d+$/.test(alphabet)
  const characters = [...typed]

  const read = (event: Event): void => {
    const field = event.target as HTMLInputElement
    const read = [...field.value.replace(isDigits ? /\P{Nd}/gu : /[\s.-]/g, '')].slice(0, length).join('')
    field.value = read
    onType(read)
  }

  return html`
    <div class="boxes" part="pin">
      <label for="pin">${text(strings.pinOf, { from })} ${count(isDigits ? strings.digits : strings.characters, length)}</label>
      <div class=${busy ? 'entry busy' : 'entry'}>
        <div aria-hidden="true">${rowsOf(length).map(row => html`<div class="slots">${row.map(i => html`<div class=${i === Math.min(characters.length, length - 1) ? 'slot active' : 'slot'} part="box">${characters[i] ?? ''}</div>`)}</div>`)}</div>
        <input id="pin" .value=${typed} ?readonly=${busy} inputmode=${isDigits ? 'numeric' : 'text'} autocomplete="off" autocapitalize="off" spellcheck="false" @input=${read} />
      </div>
    </div>`
}

/** Rows of equal length. */
function rowsOf (length: number): number[][] {
  const columns = Math.ceil(length / Math.ceil(length / MOST_COLUMNS))

  return Array.from({ length: Math.ceil(length / columns) }, (_, row) => Array.from({ length: Math.min(columns, length - row * columns) }, (_, i) => row * columns + i))
}
