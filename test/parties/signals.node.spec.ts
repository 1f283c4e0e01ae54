/** Every call that waits obeys its signal at once: whatever it waits for. */
import { readFile } from 'node:fs/promises'
import { MemoryDatastore } from 'datastore-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createNetwork } from '../../src/testing/index.js'
import { codeNaming, takeOver } from '../helpers/attackers.js'
import { connect, join } from '../helpers/parties.js'
import { createBoard } from '../helpers/rendezvous.js'
import type { Batch } from 'interface-datastore'
import type { Invitation, Parties, Party, ReceivedInvitation, Redemption } from '../../src/index.js'
import type { Network, TestNode } from '../../src/testing/index.js'
import type { AbortOptions } from '@libp2p/interface'

/** A store whose disk stands still while it is held. */
class HeldStore extends MemoryDatastore {
  #held: PromiseWithResolvers<void> | undefined

  hold (): void { this.#held ??= Promise.withResolvers() }
  release (): void {
    this.#held?.resolve()
    this.#held = undefined
  }

  override batch (): Batch {
    const batch = super.batch()
    const commit = batch.commit.bind(batch)

    return Object.assign(batch, {
      commit: async (options?: AbortOptions) => {
        await this.#held?.promise
        await commit(options)
      }
    })
  }

  override async * query (...args: Parameters<MemoryDatastore['query']>): ReturnType<MemoryDatastore['query']> {
    await this.#held?.promise
    yield * super.query(...args)
  }
}

interface Scene {
  /** Her store stands still: she writes nothing. */
  alice: TestNode
  /** Is connected, and answers nothing. */
  bob: TestNode
  /** A member who is away. */
  carol: TestNode
  parties: Parties
  party: Party
  invitation: Invitation
  received: ReceivedInvitation
  /** To one who answers nothing. */
  redemption: Redemption
  code: string
}

type Call = (scene: Scene, options: AbortOptions) => Promise<unknown>

/** What each call is told, so that it waits for the disk or for another node; those that wait for neither obey before they begin. */
const CALLS: Record<string, Call> = {
  'Parties.create': async ({ parties }, options) => parties.create({ name: 'Choir' }, options),
  'Parties.lookup': async ({ parties, code }, options) => parties.lookup(code, options),
  'Parties.decline': async ({ parties, code }, options) => parties.decline(code, '', options),
  'Parties.block': async ({ parties, bob }, options) => parties.block(bob.peerId, options),
  'Parties.unblock': async ({ parties, bob }, options) => parties.unblock(bob.peerId, options),
  'Parties.setProfile': async ({ parties }, options) => parties.setProfile({ displayName: 'Alice' }, options),
  'Party.invite': async ({ party }, options) => party.invite(options),
  'Party.remove': async ({ party, bob }, options) => party.remove(bob.peerId, options),
  'Party.setRole': async ({ party, bob }, options) => party.setRole(bob.peerId, 'reader', options),
  'Party.leave': async ({ party }, options) => party.leave({ insist: true, ...options }),
  'Party.revoke': async ({ party, invitation }, options) => party.revoke(invitation.id, options),
  'Party.setInfo': async ({ party }, options) => party.setInfo({ name: 'Reading circle' }, options),
  'Party.setDisplayName': async ({ party }, options) => party.setDisplayName('Al', options),
  'Party.connected': async ({ party, carol }, options) => party.connected(carol.peerId, options),
  'Party.newStream': async ({ party, bob }, options) => party.newStream(bob.peerId, '/silent/1.0.0', options),
  'Invitation.publish': async ({ invitation }, options) => invitation.publish(options),
  'Invitation.cancel': async ({ invitation }, options) => invitation.cancel(options),
  'Invitation.setLabel': async ({ invitation }, options) => invitation.setLabel('for Bob', options),
  'Invitation.renew': async ({ invitation }, options) => invitation.renew(options),
  'Redemption.ready': async ({ redemption }, options) => redemption.ready(options),
  'Redemption.setPin': async ({ redemption }, options) => redemption.setPin('123456', options),
  'Redemption.accept': async ({ redemption }, options) => redemption.accept(options),
  'Redemption.decline': async ({ redemption }, options) => redemption.decline('', options),
  'ReceivedInvitation.preview': async ({ received }, options) => received.preview(options),
  'ReceivedInvitation.decline': async ({ received }, options) => received.decline('', options),
  'Recovery.confirm': async ({ parties: { person: { recovery } } }, options) => {
    const all = await recovery.words()
    const [one, other] = recovery.asked ?? [1, 2]

    return recovery.confirm([all[one - 1] ?? '', all[other - 1] ?? ''], options)
  },
  'Person.invite': async ({ parties }, options) => parties.person.invite(options),
  'Person.tryUnlink': async ({ parties, bob }, options) => parties.person.tryUnlink(bob.peerId, options),
  'Person.unlink': async ({ parties, bob }, options) => parties.person.unlink(bob.peerId, options),
  'Person.setDeviceName': async ({ parties }, options) => parties.person.setDeviceName('Phone', options)
}

/** Those that wait for what was loaded alone, or for code that is loaded when it is first used; and those after which there is no party left to try the others on. */
const BRIEF: Record<string, Call> = {
  'Parties.open': async ({ parties, party }, options) => parties.open(party.key, options),
  'Parties.list': async ({ parties }, options) => parties.list(options),
  'Parties.recover': async ({ parties, code }, options) => parties.recover('', { code, ...options }),
  'Party.delivered': async ({ party }, options) => party.delivered(options),
  'Party.readopt': async ({ party }, options) => party.readopt('aa'.repeat(32), options),
  'Party.handle': async ({ party }, options) => party.handle('/notes/1.0.0', () => {}, options),
  'Party.unhandle': async ({ party }, options) => party.unhandle('/notes/1.0.0', options),
  'Party.topology': async ({ party }, options) => party.topology('/notes/1.0.0', {}, options),
  'Party.protect': async ({ party }, options) => party.protect('/notes/1.0.0', options),
  'Party.seal': async ({ party }, options) => party.seal(new Uint8Array(), options),
  'Party.open': async ({ party }, options) => party.open(new Uint8Array(), options),
  'Party.forget': async ({ party }, options) => party.forget(options),
  'Parties.reset': async ({ parties }, options) => parties.reset(options),
  'Recovery.words': async ({ parties }, options) => parties.person.recovery.words(options)
}

/** `cancel` ends a redemption, at once: it waits for nothing. A backup is made by nobody yet. */
const NONE = ['Redemption.cancel', 'Person.backup']

let network: Network
let scene: Scene
const store = new HeldStore()
const reason = new Error('Alice has changed her mind')

/** What it has come to after one turn. */
async function soon (call: Promise<unknown>): Promise<unknown> {
  return Promise.race([call.then(() => 'resolved', (err: unknown) => err), new Promise(resolve => setTimeout(() => { resolve('waits') }))])
}

beforeAll(async () => {
  network = createNetwork({ meet: false })
  const board = createBoard()
  const [alice, bob, eve] = await Promise.all([network.node({ datastore: store, rendezvous: [board.rendezvous] }), network.node(), network.node()])
  const parties = alice.services.parties
  const party = await parties.create({ name: 'Book club' })
  await join(party, bob)
  const invitation = await party.invite()
  const carol = await network.node()
  await join(party, carol)
  await carol.stop()
  const bobs = await bob.services.parties.create({ name: 'Chess' })
  await connect(alice, bob)
  await bobs.invite({ to: alice.peerId })
  await vi.waitFor(() => { expect(parties.received.getSnapshot()).toHaveLength(1) })
  const [received] = parties.received.getSnapshot() as [ReceivedInvitation]
  await bob.handle('/silent/1.0.0', () => {})
  await Promise.all([takeOver(bob, async () => new Promise(() => {})), takeOver(eve, async () => new Promise(() => {}))])
  const code = codeNaming(eve, invitation.code)
  const redemption = parties.redeem(code)
  redemption.ready().catch(() => {})
  await vi.waitFor(() => { expect(alice.getConnections(eve.peerId)).toHaveLength(1) })
  board.slow = new Promise(() => {})
  scene = { alice, bob, carol, parties, party, invitation, received, redemption, code }
  store.hold()
})

afterAll(async () => {
  store.release()
  await scene.redemption.cancel()
  await network.stop()
})

describe('A call with a signal', () => {
  it.each(Object.entries(CALLS))('%s obeys it while it waits', async (_name, call) => {
    const stop = new AbortController()
    const waiting = call(scene, { signal: stop.signal })
    waiting.catch(() => {})
    // until it has come as far as it comes
    await new Promise(resolve => setTimeout(resolve, 20))
    expect(await soon(waiting)).toBe('waits')
    stop.abort(reason)
    expect(await soon(waiting)).toBe(reason)
  })

  it.each(Object.entries({ ...BRIEF, ...CALLS }))('%s that has aborted does nothing', async (_name, call) => {
    const before = scene.party.getSnapshot()
    expect(await soon(call(scene, { signal: AbortSignal.abort(reason) }))).toSatisfy((outcome: unknown) => outcome === reason)
    expect(scene.party.getSnapshot()).toBe(before)
  })

  it('is each one that gives a promise', async () => {
    const named: string[] = []

    for (const file of ['invitation', 'parties', 'party', 'person', 'redemption', 'list']) {
      const lines = (await readFile(`src/interface/${file}.ts`, 'utf8')).split('\n')
      let owner = ''

      for (const line of lines) {
        owner = /^export interface (\w+)/.exec(line)?.[1] ?? owner
        const method = /^ {2}(\w+) \(.*\): Promise</.exec(line)?.[1]

        if (method != null) {
          named.push(`${owner}.${method}`)
        }
      }
    }

    expect(named.sort()).toEqual([...Object.keys(CALLS), ...Object.keys(BRIEF), ...NONE].sort())
  })
})
