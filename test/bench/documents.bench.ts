/** What one edit of a document costs a party whose members all have it open; and undoing, for a reader, in a text of 5 MB. */
import * as Y from 'yjs'
import { DocumentProvider } from '../../src/documents/index.js'
import { YJS } from '../../src/yjs/kind.js'
import { mirror } from '../../src/yjs/mirror.js'
import { RealParty } from './meeting-party.js'
import { quantile, table } from './measure.js'
import type { Print } from './measure.js'

const SIZES = [10, 50]
const EDITS = 20
const LIMIT = 60_000

export default async function documents (print: Print): Promise<void> {
  const rows = []

  for (const size of SIZES) {
    rows.push(await edited(size))
  }

  print(table([['members', 'connections of each', 'an edit is sent', 'by each', 'bytes of Yjs in all', 'until all have it'], ...rows]))
  print(`\nA reader's edit in a text of 5 MB is undone in ${undone().toFixed(0)} ms`)
}

async function edited (size: number): Promise<string[]> {
  const party = await RealParty.of(size)
  await party.startAll(Array.from({ length: size }, (_, nth) => nth))
  await party.onePiece()
  await party.settled()
  let [sent, bytes] = [0, 0]
  const kind: typeof YJS = {
    ...YJS,
    apply (doc, update, origin) {
      // of an edit: what a new neighbour is told first is counted before
      sent++
      bytes += update.length
      YJS.apply(doc, update, origin)
    }
  }
  const providers = await Promise.all(party.nodes.map(async (_, nth) => new DocumentProvider(await party.partyOf(nth), new Y.Doc(), kind)))
  await Promise.all(providers.map(async provider => provider.whenSynced))
  await new Promise((resolve) => { setTimeout(resolve, 2_000) })
  const connections = party.nodes.reduce((sum, node) => sum + node.getConnections().length, 0) / size
  ;[sent, bytes] = [0, 0]
  const took = []

  for (let edit = 0; edit < EDITS; edit++) {
    const begun = performance.now()
    const provider = providers[edit % size]
    provider?.doc.getText('notes').insert(0, 'x')
    const all = (): boolean => providers.every(({ doc }) => doc.getText('notes').length === edit + 1)

    while (!all()) {
      if (performance.now() - begun > LIMIT) {
        throw new Error('Not all have the edit')
      }

      await new Promise((resolve) => { setTimeout(resolve, 1) })
    }

    took.push(performance.now() - begun)
    // what comes a second time is under way still
    await new Promise((resolve) => { setTimeout(resolve, 200) })
  }

  providers.forEach((provider) => { provider.destroy() })
  await Promise.all(party.nodes.map(async node => node.stop()))

  return [`${size}`, connections.toFixed(1), `${(sent / EDITS).toFixed(0)} times`, (sent / EDITS / size).toFixed(1), (bytes / EDITS).toFixed(0), `${quantile(took, 0.5).toFixed(0)} ms`]
}

function undone (): number {
  const length = 5_000_000
  const accepted = new Y.Doc()
  accepted.getText('notes').insert(0, 'x'.repeat(length))
  const copy = new Y.Doc()
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(accepted))

  return quantile(Array.from({ length: 5 }, () => {
    copy.getText('notes').insert(length / 2, '!')
    const begun = performance.now()
    mirror(accepted, copy)

    return performance.now() - begun
  }), 0.5)
}
