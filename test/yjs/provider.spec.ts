import { describe, expect, it, vi } from 'vitest'
import * as Y from 'yjs'
import { linkDevice } from '../helpers/devices.js'
import { connect } from '../helpers/parties.js'
import { agree, club, createNetwork, Notes, show, useNotes } from './stories.js'
import type { Person } from './stories.js'

const story = useNotes()
const { open } = story

describe('A document of a party', () => {
  it('is what its writers wrote, for all of them and for readers', async () => {
    const network = story.network = createNetwork()
    const [alice, bob, carol] = await club(network, 'writer', 'reader') as [Person, Person, Person]
    const [ofAlice, ofBob, ofCarol] = [open(alice), open(bob), open(carol)]
    ofAlice.write('Emma ')
    ofBob.write('Persuasion ')
    await agree(['Emma', 'Persuasion'], ofAlice, ofBob, ofCarol)
    await Promise.all(story.all.map(async ({ provider }) => provider.whenSynced))
    expect(story.all.map(({ provider }) => [provider.canWrite, provider.synced])).toEqual([[true, true], [true, true], [false, true]])
    expect(ofCarol.refused).toEqual([])
  })

  it('takes back what a reader writes, tells it, and stays the same as that of the others', async () => {
    const network = story.network = createNetwork()
    const [alice, bob, carol] = await club(network, 'writer', 'reader') as [Person, Person, Person]
    const [ofAlice, ofBob, ofCarol] = [open(alice), open(bob), open(carol)]
    ofAlice.write('Emma and Persuasion')
    await show('Emma and Persuasion', ofAlice, ofBob, ofCarol)

    ofCarol.write('!')
    ofCarol.text.delete(0, 4)
    expect(String(ofCarol)).toBe('Emma and Persuasion')
    expect(ofCarol.refused.length).toBe(2)

    // what it deleted is changed by others, inside and around, and goes
    ofBob.text.insert(2, 'x')
    await show('Emxma and Persuasion', ofAlice, ofBob, ofCarol)
    ofAlice.text.delete(0, 10)
    await show('Persuasion', ofAlice, ofBob, ofCarol)

    // and it goes on as a writer
    const access = vi.fn()
    ofCarol.provider.addEventListener('access', ({ detail }) => { access(detail.canWrite) })
    await alice.party.setRole(carol.node.peerId, 'writer')
    await vi.waitFor(() => { expect(ofCarol.provider.canWrite).toBe(true) })
    ofCarol.write(', Sanditon')
    await show('Persuasion, Sanditon', ofAlice, ofBob, ofCarol)
    ofAlice.write('.')
    await show('Persuasion, Sanditon.', ofAlice, ofBob, ofCarol)

    await alice.party.setRole(carol.node.peerId, 'reader')
    await vi.waitFor(() => { expect(access.mock.calls).toEqual([[true], [false]]) })
    ofCarol.write('?')
    expect(String(ofCarol)).toBe('Persuasion, Sanditon.')
  })

  it('drops what was written offline by who is a writer no more, and keeps what reached somebody', async () => {
    const network = story.network = createNetwork()
    const [alice, bob, carol] = await club(network, 'writer', 'writer') as [Person, Person, Person]
    const [ofAlice, ofBob, ofCarol] = [open(alice), open(bob), open(carol)]
    ofCarol.write('Emma')
    await show('Emma', ofAlice, ofBob, ofCarol)

    network.partition([alice.node, bob.node], [carol.node])
    await vi.waitFor(() => { expect(carol.party.peers).toEqual([]) })
    ofCarol.write(', Clueless')
    ofCarol.text.delete(0, 1)
    ofAlice.write(', Persuasion')
    await alice.party.setRole(carol.node.peerId, 'reader')
    // else he would take it, and pass it on: a writer vouches for what it passes on
    await vi.waitFor(() => { expect(bob.party.roleOf(carol.node.peerId)).toBe('reader') })
    expect(String(ofCarol)).toBe('mma, Clueless')
    network.partition()

    await show('Emma, Persuasion', ofAlice, ofBob, ofCarol)
    expect(ofCarol.refused.length).toBe(1)
    expect(ofCarol.provider.canWrite).toBe(false)
    ofBob.text.delete(0, 6)
    await show('Persuasion', ofAlice, ofBob, ofCarol)
  })

  it('ends for who is removed, at once, while the others go on', async () => {
    const network = story.network = createNetwork()
    const [alice, bob, carol] = await club(network, 'writer', 'reader') as [Person, Person, Person]
    const [ofAlice, ofBob, ofCarol] = [open(alice), open(bob), open(carol)]
    ofBob.write('Emma')
    ofBob.provider.awareness.setLocalState({ name: 'Bob' })
    await show('Emma', ofAlice, ofBob, ofCarol)
    await vi.waitFor(() => { expect([...ofCarol.provider.awareness.getStates().values()]).toContainEqual({ name: 'Bob' }) })

    await alice.party.remove(bob.node.peerId)
    await vi.waitFor(() => { expect(carol.party.roleOf(bob.node.peerId)).toBeUndefined() })
    ofAlice.write(', Persuasion')
    ofBob.write(', Clueless')
    await show('Emma, Persuasion', ofAlice, ofCarol)
    await vi.waitFor(() => { expect([...ofCarol.provider.awareness.getStates().values()]).not.toContainEqual({ name: 'Bob' }) })
    await vi.waitFor(() => { expect(ofBob.provider.synced).toBe(false) })
    expect(String(ofBob)).not.toContain('Persuasion')
  })

  it('comes together again after it was written apart, and after a restart', async () => {
    const network = story.network = createNetwork()
    const [alice, bob] = await club(network, 'writer') as [Person, Person]
    const [ofAlice, ofBob] = [open(alice), open(bob)]
    ofAlice.write('Emma ')
    await show('Emma ', ofBob)

    network.partition([alice.node], [bob.node])
    await vi.waitFor(() => { expect(alice.party.peers).toEqual([]) })
    expect(ofAlice.provider.synced).toBe(false)
    ofAlice.write('Persuasion ')
    ofBob.write('Lady ')
    network.partition()
    await agree(['Emma', 'Lady', 'Persuasion'], ofAlice, ofBob)

    ofBob.provider.destroy()
    const again = await network.restart(bob.node)
    const party = (await again.services.parties.list())[0]!
    const back = open({ node: again, party })
    await agree(['Emma', 'Lady', 'Persuasion'], ofAlice, back)
  })

  it('goes on through a member who is connected with both, and so does who is there', async () => {
    const network = story.network = createNetwork({ meet: false })
    const [alice, bob, carol] = await club(network, 'writer', 'writer') as [Person, Person, Person]
    await connect(bob.node, carol.node)
    await Promise.all(alice.node.getConnections(carol.node.peerId).map(async connection => connection.close()))
    const [ofAlice, ofBob, ofCarol] = [open(alice), open(bob), open(carol)]
    ofAlice.provider.awareness.setLocalState({ name: 'Alice' })
    ofAlice.write('Emma ')
    ofCarol.write('Lady ')
    await agree(['Emma', 'Lady'], ofAlice, ofBob, ofCarol)
    await vi.waitFor(() => { expect([...ofCarol.provider.awareness.getStates().values()]).toContainEqual({ name: 'Alice' }) })
    expect(carol.party.peers.map(String)).toEqual([String(bob.node.peerId)])
  })

  it('is one of several, by their names', async () => {
    const network = story.network = createNetwork()
    const [alice, bob] = await club(network, 'writer') as [Person, Person]
    const [notes, list] = [open(alice), open(alice, { name: 'list' })]
    expect(() => new Notes(alice, { name: 'list' })).toThrow(TypeError)
    expect(() => new Notes(alice, { name: '' })).toThrow(RangeError)
    notes.write('a note')
    list.write('a list')
    const ofBob = open(bob, { name: 'list' })
    await show('a list', ofBob)
    // who opened it later is not waited for
    const notesOfBob = open(bob)
    await show('a note', notesOfBob)
    ofBob.provider.destroy()
    open(bob, { name: 'list' }, ofBob.doc).write(' of two')
    await show('a list of two', list)
  })

  it('may be large, is held back for who takes it slowly, and is undone as fast as it is written', async () => {
    const network = story.network = createNetwork()
    const [alice, bob, carol] = await club(network, 'writer', 'reader') as [Person, Person, Person]
    const [ofAlice, ofBob, ofCarol] = [open(alice), open(bob), open(carol)]
    await ofBob.provider.whenSynced
    const page = 'x'.repeat(500_000)
    Array.from({ length: 12 }).forEach(() => { ofAlice.write(page) })
    ofAlice.write('end')
    await vi.waitFor(() => { expect([ofBob, ofCarol].map(notes => String(notes).length)).toEqual([6_000_003, 6_000_003]) }, 20_000)

    // all of it is compared, with each change that comes from now on, too
    ofCarol.text.insert(3_000_000, '!')
    ofCarol.text.format(1_000_000, 1, { bold: true })
    Array.from('and on').forEach((letter) => { ofBob.write(letter) })
    await vi.waitFor(() => { expect([ofAlice, ofCarol].map(notes => String(notes).length)).toEqual([6_000_009, 6_000_009]) }, 20_000)
    expect(ofCarol.text.toDelta()).toEqual(ofAlice.text.toDelta())
    expect([ofCarol.refused.length, ofAlice.errors]).toEqual([2, []])
  })

  it('is left as it was by a member who sends nonsense, who is then left alone', async () => {
    const network = story.network = createNetwork()
    const [alice, bob] = await club(network, 'writer') as [Person, Person]
    const ofAlice = open(alice)
    ofAlice.write('Emma')
    const { messagesOf } = await import('../../src/documents/messages.js')
    let asked = 0
    const update = Y.encodeStateAsUpdate(ofAlice.doc)
    await bob.party.handle('/plus-one/yjs/1.0.0', async (stream) => {
      const messages = messagesOf(stream)
      await messages.receive(() => 1_000)
      const nonsense = [[0, ...update.subarray(0, update.length - 3)], [1, 1, 5, 1, 3, 123, 123, 123]][asked++]
      await messages.send([nonsense == null ? Uint8Array.of(9, 9) : Uint8Array.from(nonsense)])
    })
    await vi.waitFor(() => { expect(ofAlice.errors.length).toBe(2) }, 20_000)
    expect(ofAlice.errors.every(({ name }) => name === 'ProtocolError')).toBe(true)
    expect(String(ofAlice)).toBe('Emma')
    ofAlice.write('!')
    expect(String(ofAlice)).toBe('Emma!')
  })

  it('is on each device of a person', async () => {
    const network = story.network = createNetwork()
    const [alice, bob] = await club(network, 'writer') as [Person, Person]
    const phone = await linkDevice(network, bob.party)
    await connect(phone.node, bob.node)
    await connect(phone.node, alice.node)
    const [ofAlice, ofBob, onPhone] = [open(alice), open(bob), open(phone)]
    onPhone.write('Emma ')
    ofBob.write('Lady ')
    await agree(['Emma', 'Lady'], ofAlice, ofBob, onPhone)
    await vi.waitFor(() => { expect(alice.party.peers.map(String).sort()).toEqual([bob.node, phone.node].map(({ peerId }) => String(peerId)).sort()) })
    expect(alice.party.getSnapshot().peers).toBe(alice.party.peers)
    expect(alice.party.online.length).toBe(1)

    const told = vi.fn()
    alice.party.subscribe(() => { told(alice.party.peers.map(String)) })
    await phone.node.stop()
    await vi.waitFor(() => { expect(told.mock.lastCall).toEqual([[String(bob.node.peerId)]]) })
    ofBob.write('Persuasion ')
    await agree(['Emma', 'Lady', 'Persuasion'], ofAlice, ofBob)
  })

  it('ends with its signal, with its document, and by itself', async () => {
    const network = story.network = createNetwork()
    const [alice, bob] = await club(network, 'writer') as [Person, Person]
    const end = new AbortController()
    const [ofAlice, ofBob] = [open(alice, { signal: end.signal }), open(bob)]
    await show('', ofAlice, ofBob)
    await ofBob.provider.whenSynced
    end.abort()
    ofAlice.write('Emma')
    await vi.waitFor(() => { expect(ofBob.provider.synced).toBe(false) })
    expect(String(ofBob)).toBe('')
    expect(() => new Notes(alice, { signal: AbortSignal.abort(new Error('enough')) })).toThrow('enough')

    const again = open(alice, {}, ofAlice.doc)
    await show('Emma', ofBob)
    again.doc.destroy()
    await vi.waitFor(() => { expect(ofBob.provider.synced).toBe(false) })

    ofBob.provider.destroy()
    const never = open(bob)
    never.provider.destroy()
    await expect(never.provider.whenSynced).rejects.toMatchObject({ name: 'AbortError' })
    await vi.waitFor(() => { expect(bob.node.getProtocols()).not.toContain('/plus-one/yjs/1.0.0') })
  })
})
