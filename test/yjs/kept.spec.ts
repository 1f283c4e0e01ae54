import { afterEach, describe, expect, it, vi } from 'vitest'
import { agree, club, createNetwork, Notes, show } from './stories.js'
import type { Person } from './stories.js'
import type { YjsStore } from 'plus-one/yjs'
import type { Network } from '../../src/testing/index.js'

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

  replace = async (record: Uint8Array): Promise<void> => { this.all = [record] }
  get text (): string { return this.all.map(record => new TextDecoder('latin1').decode(record)).join() }
}

let network: Network

afterEach(async () => network.stop())

describe('A kept document', () => {
  it('is sealed on the disk, and is there again without anybody online', async () => {
    network = createNetwork()
    const [alice] = await club(network)
    const store = new Records()
    const notes = new Notes(alice, { store })
    notes.write('Emma')
    await notes.provider.flush()
    notes.write(' and Persuasion')
    await notes.provider.flush()
    notes.provider.destroy()
    expect(store.all.length).toBe(2)
    expect(store.text).not.toMatch(/Emma|Persuasion/)

    const again = new Notes(alice, { store })
    await again.provider.flush()
    expect(String(again)).toBe('Emma and Persuasion')
    expect(store.all.length).toBe(2)
    // another document's records are none of it
    const other = new Notes(alice, { store, name: 'other' })
    await other.provider.flush()
    expect([String(other), other.errors.map(({ name }) => name)]).toEqual(['', ['SealError', 'SealError']])
    again.provider.destroy()
    other.provider.destroy()
  })

  it('has of a reader what writers wrote, and takes the place of many records', async () => {
    network = createNetwork()
    const [alice, carol] = await club(network, 'reader') as [Person, Person]
    const stores = [new Records(), new Records()]
    const [ofAlice, ofCarol] = [new Notes(alice, { store: stores[0] }), new Notes(carol, { store: stores[1] })]
    ofAlice.write('Emma ')
    await show('Emma ', ofCarol)
    ofCarol.write('Clueless ')

    for (let at = 0; at < 120; at++) {
      ofAlice.write('x')
      await ofAlice.provider.flush()
    }

    expect(stores[0]?.all.length).toBeLessThan(30)
    await agree([`${'x'.repeat(120)}`, 'Emma'], ofAlice, ofCarol)
    await ofCarol.provider.flush()
    ofCarol.provider.destroy()
    network.partition([alice.node], [carol.node])
    const again = new Notes(carol, { store: stores[1] })
    await again.provider.flush()
    expect(String(again)).toBe(`Emma ${'x'.repeat(120)}`)
    again.provider.destroy()
    ofAlice.provider.destroy()
  })

  it('loses nothing to a full disk or a damaged record but what it held', async () => {
    network = createNetwork()
    const [alice] = await club(network)
    const store = new Records()
    const notes = new Notes(alice, { store })
    notes.write('Emma ')
    await notes.provider.flush()
    store.failing = true
    notes.write('Lady ')
    await notes.provider.flush()
    expect(notes.errors.map(({ message }) => message)).toEqual(['The disk is full'])
    store.failing = false
    notes.write('Susan ')
    await notes.provider.flush()
    notes.provider.destroy()
    expect(store.all.length).toBe(1)

    store.all.unshift(new Uint8Array(100))
    const again = new Notes(alice, { store })
    await again.provider.flush()
    expect(String(again)).toBe('Emma Lady Susan ')
    expect(again.errors.length).toBe(1)
    again.write('Watsons')
    await again.provider.flush()
    expect(store.all.length).toBe(3)
    again.provider.destroy()
    await vi.waitFor(() => { expect(alice.node.getProtocols()).not.toContain('/plus-one/yjs/1.0.0') })
  })
})
