/** What the stories of documents share. */
import { afterEach, expect, vi } from 'vitest'
import { YjsProvider } from 'plus-one/yjs'
import * as Y from 'yjs'
import { createNetwork } from '../../src/testing/index.js'
import { join } from '../helpers/parties.js'
import type { YjsProviderOptions } from 'plus-one/yjs'
import type { Party, Role } from '../../src/index.js'
import type { Network, TestNode } from '../../src/testing/index.js'

export interface Person {
  node: TestNode
  party: Party
}

/** Alice has a party in which others are, in these roles. */
export async function club (network: Network, ...roles: Role[]): Promise<[Person, ...Person[]]> {
  const node = await network.node()
  const party = await node.services.parties.create({ name: 'Book club' })
  const others: Person[] = []

  for (const role of roles) {
    const node = await network.node()
    others.push({ node, party: await join(party, node, role) })
  }

  return [{ node, party }, ...others]
}

/** Their notes, open. */
export class Notes {
  readonly doc: Y.Doc
  readonly provider: YjsProvider
  readonly refused: Uint8Array[] = []
  readonly errors: Error[] = []

  constructor ({ party }: Person, options?: YjsProviderOptions, doc = new Y.Doc()) {
    this.doc = doc
    this.provider = new YjsProvider(party, doc, options)
    this.provider.addEventListener('refused', ({ detail: { update } }) => { this.refused.push(update) })
    this.provider.addEventListener('error', ({ detail: { error } }) => { this.errors.push(error) })
  }

  get text (): Y.Text { return this.doc.getText('notes') }
  toString (): string { return this.text.toJSON() }

  write (words: string): void { this.text.insert(this.text.length, words) }

  /** All of the document, as structs: the same of documents that hold the same. */
  get snapshot (): Y.Snapshot { return Y.snapshot(this.doc) }
}

export interface Opened {
  network: Network
  /** Those that are destroyed, and the network stopped, after the test. */
  all: Notes[]
  open: (...[person, options, doc]: ConstructorParameters<typeof Notes>) => Notes
}

/** Notes that end with their test. */
export function useNotes (): Opened {
  const opened: Opened = {
    network: undefined as unknown as Network,
    all: [],
    open: (...args) => {
      const notes = new Notes(...args)
      opened.all.push(notes)

      return notes
    }
  }

  afterEach(async () => {
    opened.all.splice(0).forEach(({ provider }) => { provider.destroy() })
    await opened.network.stop()
  })

  return opened
}

export async function show (text: string, ...all: Notes[]): Promise<void> {
  await vi.waitFor(() => { expect(all.map(String)).toEqual(all.map(() => text)) }, 20_000)
}

/** All show the same, which has these words in some order. */
export async function agree (words: string[], ...all: Notes[]): Promise<void> {
  await vi.waitFor(() => {
    expect(new Set(all.map(String)).size, all.map(String).join(' | ')).toBe(1)
    expect(String(all[0]).split(' ').filter(word => word !== '').sort()).toEqual([...words].sort())
  }, 20_000)
}

export { createNetwork }
