import { describe, expect, it, vi } from 'vitest'
import * as Y from 'yjs'
import { FakeClock } from '../../src/testing/index.js'
import { connect } from '../helpers/parties.js'
import { agree, club, createNetwork, show, useNotes } from './stories.js'
import type { Notes, Person } from './stories.js'
import type { YjsStore } from 'plus-one/yjs'

class Records implements YjsStore {
  all: Uint8Array[] = []
  failing = false

  load = async (): Promise<Uint8Array[]> => [...this.all]

  append = async (record: Uint8Array): Promise<void> => {
    if (this.failing) {
      throw new Error('The disk is full')
    }

    this.all.push(record)
  }

  replace = async (record: Uint8Array): Promise<void> => {
    if (this.failing) {
      throw new Error('The disk is full')
    }

    this.all = [record]
  }

  get text (): string { return this.all.map(record => new TextDecoder('latin1').decode(record)).join() }
}

const story = useNotes()
const { open } = story

/** With what its store has. */
async function reopen (person: Person, store: YjsStore, name?: string): Promise<Notes> {
  const notes = open(person, { store, name })
  await notes.provider.flush()

  return notes
}

/** Writes this, and sees it kept. */
async function keep (notes: Notes, ...all: string[]): Promise<void> {
  for (const words of all) {
    notes.write(words)
    await notes.provider.flush()
  }
}

describe('A kept document', () => {
  it('is sealed on the disk, and is there again without anybody online', async () => {
    story.network = createNetwork()
    const [alice] = await club(story.network)
    const store = new Records()
    const notes = open(alice, { store })
    await keep(notes, 'Emma', ' and Persuasion')
    notes.provider.destroy()
    expect(store.all.length).toBe(2)
    expect(store.text).not.toMatch(/Emma|Persuasion/)

    expect(String(await reopen(alice, store))).toBe('Emma and Persuasion')
    expect(store.all.length).toBe(2)
    // another document's records are none of it
    const other = await reopen(alice, store, 'other')
    expect([String(other), other.errors.map(({ name }) => name)]).toEqual(['', ['SealError', 'SealError']])
  })

  it('has of a reader what writers wrote, and takes the place of many records', async () => {
    const network = story.network = createNetwork()
    const [alice, carol] = await club(network, 'reader') as [Person, Person]
    const stores = [new Records(), new Records()] as [Records, Records]
    const [ofAlice, ofCarol] = [open(alice, { store: stores[0] }), open(carol, { store: stores[1] })]
    ofAlice.write('Emma ')
    await show('Emma ', ofCarol)
    ofCarol.write('Clueless ')
    await keep(ofAlice, ...Array.from({ length: 120 }, () => 'x'))
    expect(stores[0].all.length).toBeLessThan(30)
    await agree([`${'x'.repeat(120)}`, 'Emma'], ofAlice, ofCarol)
    await ofCarol.provider.flush()
    ofCarol.provider.destroy()
    network.partition([alice.node], [carol.node])
    expect(String(await reopen(carol, stores[1]))).toBe(`Emma ${'x'.repeat(120)}`)
  })

  it('loses nothing to a full disk or a damaged record but what it held', async () => {
    story.network = createNetwork()
    const [alice] = await club(story.network)
    const store = new Records()
    const notes = open(alice, { store })
    await keep(notes, 'Emma ')
    store.failing = true
    await keep(notes, 'Lady ')
    expect(notes.errors.map(({ message }) => message)).toEqual(['The disk is full'])
    // also where one record was to take the place of all
    await keep(notes, 'Watsons ')
    expect([notes.errors.length, store.all.length]).toEqual([2, 1])
    store.failing = false
    await keep(notes, 'Susan ')
    notes.provider.destroy()
    expect(store.all.length).toBe(1)

    store.all.unshift(new Uint8Array(100))
    const again = await reopen(alice, store)
    expect(String(again)).toBe('Emma Lady Watsons Susan ')
    expect(again.errors.length).toBe(1)
    await keep(again, 'Sanditon')
    expect(store.all.length).toBe(3)
    again.provider.destroy()
    await vi.waitFor(() => { expect(alice.node.getProtocols()).not.toContain('/plus-one/yjs/1.0.0') })
  })

  it('loses nothing of what another tab wrote while this one could not', async () => {
    story.network = createNetwork()
    const [alice] = await club(story.network)
    const store = new Records()
    const notes = open(alice, { store })
    await keep(notes, 'Emma ')
    await alice.node.stop()
    await keep(notes, 'Lady ')
    expect([notes.errors.map(({ name }) => name), store.all.length]).toEqual([['NotStartedError'], 1])

    await alice.node.start()
    const elsewhere = new Y.Doc()
    elsewhere.getText('notes').insert(0, 'Susan ')
    store.all.push(await alice.party.seal(Y.encodeStateAsUpdate(elsewhere), { associatedData: new TextEncoder().encode('plus-one/yjs/default') }))
    await keep(notes, 'Watsons ')
    notes.provider.destroy()
    expect(String(await reopen(alice, store)).trim().split(' ').sort()).toEqual(['Emma', 'Lady', 'Susan', 'Watsons'])
    expect(store.all.length).toBe(1)
  })

  it('loses nothing of what another tab put in the place of all, though it has as many records as before', async () => {
    story.network = createNetwork()
    const [alice] = await club(story.network)
    const store = new Records()
    const notes = open(alice, { store })
    await keep(notes, 'Emma ', 'Persuasion ')
    await alice.node.stop()
    await keep(notes, 'Lady ')

    await alice.node.start()
    const elsewhere = new Y.Doc()
    const changes: Uint8Array[] = []
    elsewhere.on('update', (change: Uint8Array) => { changes.push(change) })
    elsewhere.getText('notes').insert(0, 'Susan ')
    elsewhere.getText('notes').insert(0, 'Sanditon ')
    store.all = await Promise.all(changes.map(async change => alice.party.seal(change, { associatedData: new TextEncoder().encode('plus-one/yjs/default') })))
    await keep(notes, 'Watsons ')
    notes.provider.destroy()
    expect(String(await reopen(alice, store)).trim().split(' ').sort()).toEqual(['Emma', 'Lady', 'Persuasion', 'Sanditon', 'Susan', 'Watsons'])
    expect(store.all.length).toBe(1)
  })

  it('that nobody opened for a year opens, whatever keys the party had since, and goes on under the one of now', async () => {
    const clock = new FakeClock()
    const network = story.network = createNetwork({ clock, meet: false })
    const [alice, bob, ...others] = await club(network, 'writer', 'reader', 'reader', 'reader') as [Person, Person, ...Person[]]
    const stores = [new Records(), new Records()] as [Records, Records]
    const [ofAlice, ofBob] = [open(alice, { store: stores[0] }), open(bob, { store: stores[1] })]
    await keep(ofAlice, 'Emma ')
    await show('Emma ', ofBob)
    await ofBob.provider.flush()
    ofBob.provider.destroy()
    network.partition([alice.node, ...others.map(({ node }) => node)], [bob.node])
    const epochs = new Set([alice.party.epoch.id])

    for (const [at, { node }] of others.entries()) {
      await alice.party.remove(node.peerId)
      await keep(ofAlice, `${at} `)
      epochs.add(alice.party.epoch.id)
    }

    expect(epochs.size).toBe(4)
    ofAlice.provider.destroy()
    clock.jump(365 * 24 * 60 * 60 * 1_000)
    const [again, back] = [await reopen(alice, stores[0]), await reopen(bob, stores[1])]
    expect([again, back].map(String)).toEqual(['Emma 0 1 2 ', 'Emma '])
    network.partition()
    await connect(alice.node, bob.node)
    await vi.waitFor(() => {
      clock.advance(1_000)
      expect([bob.party.epoch.id, String(back)]).toEqual([alice.party.epoch.id, 'Emma 0 1 2 '])
    }, 20_000)
    await keep(back, 'Lady')
    await show('Emma 0 1 2 Lady', again)
    back.provider.destroy()
    network.partition([alice.node], [bob.node])
    const once = await reopen(bob, stores[1])
    expect([String(once), once.errors, again.errors]).toEqual(['Emma 0 1 2 Lady', [], []])
  })

  it('whose store fails to be read, at once or later, is kept from then on, and what was there with it', async () => {
    story.network = createNetwork()
    const [alice] = await club(story.network)
    const store = new Records()
    const before = open(alice, { store })
    await keep(before, 'Emma ')
    before.provider.destroy()

    for (const load of [() => { throw new DOMException('No disk', 'InvalidStateError') }, async () => Promise.reject(new DOMException('No disk', 'InvalidStateError'))]) {
      const notes = open(alice, { store: { load, append: store.append, replace: store.replace } })
      await keep(notes, 'Lady ')
      expect(notes.errors.map(({ name }) => name)).toEqual(['InvalidStateError'])
      notes.provider.destroy()
    }

    expect(store.all.length).toBe(3)
  })
})
