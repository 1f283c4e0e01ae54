/** Yjs' documents, as those of any library are shared. */
import * as Y from 'yjs'
import { ProtocolError } from '../errors.js'
import { mirror } from './mirror.js'
import type { DocumentKind } from '../documents/kind.js'

/** Guarded streams of it carry all documents of all parties (docs/wire.md, "Shared documents"). */
export const YJS_PROTOCOL = '/plus-one/yjs/1.0.0'

export const YJS: DocumentKind<Y.Doc> = {
  protocol: YJS_PROTOCOL,
  label: 'plus-one/yjs',
  version: Y.encodeStateVector,
  since: Y.encodeStateAsUpdate,
  merge: Y.mergeUpdates,
  equal: (one, other) => Y.equalSnapshots(Y.snapshot(one), Y.snapshot(other)),
  mirror: (from, to, origin) => { to.transact(() => { mirror(from, to) }, origin) },
  empty: ({ gc }) => new Y.Doc({ gc }),

  apply (doc, update, origin) {
    const { structs, ds } = Y.decodeUpdate(update)

    // Yjs takes it, and then nobody can read the document
    if (structs.some(({ length }) => length < 1) || [...ds.clients.values()].flat().some(({ len }) => len < 1)) {
      throw new ProtocolError('A change of no length')
    }

    Y.applyUpdate(doc, update, origin)
  },

  follow (doc, changed) {
    const onUpdate = (update: Uint8Array, origin: unknown, _: Y.Doc, { local }: Y.Transaction): void => { changed(update, origin, local) }
    doc.on('update', onUpdate)

    return () => { doc.off('update', onUpdate) }
  }
}
