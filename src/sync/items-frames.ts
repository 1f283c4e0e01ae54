/** Items in frames: of a Pull, or news, as far as the window of who takes them goes. */
import type { Outgoing } from './flow.js'
import type { Frame, Items } from './frames.js'
import type { RecordSet } from './interface.js'
import type { SyncMachine } from './machine.js'
import type { Item } from './sets.js'
import type { AbortOptions } from '@libp2p/interface'

/** The next frame of items; undefined: there is none to send now. */
export async function nextItems (machine: SyncMachine, records: RecordSet[], options: AbortOptions): Promise<Frame | undefined> {
  const outgoing = machine.sending()

  if (outgoing == null) {
    return undefined
  }

  const items: Items = { pull: outgoing.pull, set: outgoing.set, ops: [], records: [], last: false, items: 0, bytes: 0 }
  let bytes = 0

  for (let item = outgoing.peek(); item != null && bytes < outgoing.chunk; item = outgoing.peek()) {
    const taken = await load(item, items, records, options)
    outgoing.sent(taken)
    bytes += taken
  }

  return framed(machine, outgoing, items, bytes)
}

function framed (machine: SyncMachine, outgoing: Outgoing, items: Items, bytes: number): Frame | undefined {
  items.last = outgoing.pull !== 0 && outgoing.waiting === 0

  if (outgoing.begin()) {
    Object.assign(items, { items: outgoing.items, bytes: outgoing.bytes })
  } else if (bytes === 0 && (!items.last || outgoing.ended)) {
    return undefined
  }

  outgoing.ended ||= items.last
  machine.sent(outgoing, bytes, items.last)

  return { kind: 'items', items }
}

/** @returns The bytes that were put into the frame; 0 for a record that is not there any more. */
async function load (item: Item, items: Items, records: RecordSet[], options: AbortOptions): Promise<number> {
  if ('op' in item) {
    const { body, sig } = item.op.signed
    items.ops.push({ body, sig })

    return body.length + sig.length
  }

  const record = await records.find(({ number }) => number === items.set)?.get(item.record.key, options)

  if (record == null) {
    return 0
  }

  items.records.push(record)

  return record.length
}
