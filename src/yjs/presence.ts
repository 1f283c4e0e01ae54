/** What a member says of who is there, looked at before y-protocols takes it: that has no bounds, and readers may say it, too (docs/documents.md, "Who is there"). */

/** States that one device tells of at once, and their bytes: as much as a reader may say. */
const [MOST_CLIENTS, MOST_BYTES] = [4_096, 256 * 1024]

/** Levels of a state: one of many thousand is read, and nobody can write it again. */
const MOST_DEEP = 64

const [QUOTE, BACKSLASH] = [0x22, 0x5c]

/** One client's state, as an update has it. */
export interface Told {
  client: number
  clock: number
  /** JSON; `null`: it is gone. */
  isGone: boolean
  /** Where it lies in the update. */
  bytes: Uint8Array
}

/** @throws {RangeError} It breaks off, or has a number that is none, or a state that is too deep. */
export function * toldIn (update: Uint8Array): Generator<Told> {
  let at = 0

  const number = (): number => {
    for (let [value, unit] = [0, 1]; ; unit *= 128) {
      const byte = update[at++] ?? Number.NaN
      value += (byte & 127) * unit

      if (!Number.isSafeInteger(byte) || !Number.isSafeInteger(value)) {
        throw new RangeError('A member says something of who is there that breaks off')
      }

      if (byte < 128) {
        return value
      }
    }
  }

  for (let left = number(); left > 0; left--) {
    const start = at
    const [client, clock, length] = [number(), number(), number()]
    const state = update.subarray(at, at += length)

    if (state.length < length || depthOf(state) > MOST_DEEP) {
      throw new RangeError('A member says something of who is there that breaks off, or is too deep')
    }

    yield { client, clock, isGone: String.fromCharCode(...state.subarray(0, 5)) === 'null', bytes: update.subarray(start, at) }
  }
}

/** An update of these. */
export function updateOf (told: readonly Told[]): Uint8Array {
  const all = [...numbered(told.length)]
  told.forEach(({ bytes }) => { bytes.forEach((byte) => { all.push(byte) }) })

  return Uint8Array.from(all)
}

/** What one device tells of, as long as it is heard. */
export class Tellers {
  readonly #told = new Map<string, Map<number, number>>()

  /** @throws {RangeError} It tells of too many, or too much. */
  take (teller: string, all: readonly Told[]): void {
    const told = this.#told.get(teller) ?? new Map<number, number>()
    this.#told.set(teller, told)

    for (const { client, isGone, bytes } of all) {
      if (isGone) {
        told.delete(client)
      } else {
        told.set(client, bytes.length)
      }
    }

    if (told.size > MOST_CLIENTS || [...told.values()].reduce((sum, bytes) => sum + bytes, 0) > MOST_BYTES) {
      throw new RangeError('A member tells of too many who are there, or too much')
    }
  }

  /** It is heard no more. */
  delete (teller: string): void {
    this.#told.delete(teller)
  }
}

/** How deep arrays and objects lie in each other, in JSON. */
function depthOf (json: Uint8Array): number {
  let [depth, deepest, isText] = [0, 0, false]

  for (let at = 0; at < json.length; at++) {
    const byte = json[at]

    if (isText) {
      at += byte === BACKSLASH ? 1 : 0
      isText = byte !== QUOTE
    } else if (byte === QUOTE) {
      isText = true
    } else if (byte === 0x5b || byte === 0x7b) {
      deepest = Math.max(deepest, ++depth)
    } else if (byte === 0x5d || byte === 0x7d) {
      depth--
    }
  }

  return deepest
}

function * numbered (value: number): Generator<number> {
  for (; value > 127; value = Math.floor(value / 128)) {
    yield 128 | value % 128
  }

  yield value
}
