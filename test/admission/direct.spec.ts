import { generateKeyPair } from '@libp2p/crypto/keys'
import { defaultLogger } from '@libp2p/logger'
import { lpStream } from '@libp2p/utils'
import { randomBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { MemoryDatastore } from 'datastore-core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { MAX_DECLINED, MAX_KEPT, MAX_RECEIVED } from '../../src/admission/direct/constants.js'
import { Inbox } from '../../src/admission/direct/inbox.js'
import { encodeCode } from '../../src/codec/index.js'
import { InvitationNotFoundError, InviterUnreachableError } from '../../src/errors.js'
import { DIRECT_PROTOCOL } from '../../src/invitation/index.js'
import { keyOf } from '../../src/log/index.js'
import { createNetwork, FakeClock } from '../../src/testing/index.js'
import { callbacks, connect } from '../helpers/parties.js'
import { stranger } from '../helpers/strangers.js'
import type { DirectInit } from '../../src/admission/direct/interface.js'
import type { ReceivedInvitation } from '../../src/index.js'
import type { Key } from 'interface-datastore'
import type { Network, TestNode } from '../../src/testing/index.js'
import type { Stranger } from '../helpers/strangers.js'

const EVES = '/ip4/203.0.113.5/tcp/4001'
const ALICES = '/ip4/192.0.2.7/tcp/4001'
const HOUR = 3_600_000

describe('Bob\'s inbox', () => {
  let inbox: Inbox
  let clock: FakeClock
  let datastore: MemoryDatastore
  let people: Stranger[]
  let members: Set<string>
  let decline: ReturnType<typeof vi.fn<DirectInit['admission']['decline']>>
  let preview: ReturnType<typeof vi.fn<DirectInit['admission']['preview']>>

  beforeEach(async () => {
    [clock, datastore, people, members] = [new FakeClock(), new MemoryDatastore(), [], new Set()]
    decline = vi.fn<DirectInit['admission']['decline']>().mockRejectedValue(new InviterUnreachableError())
    preview = vi.fn<DirectInit['admission']['preview']>().mockRejectedValue(new InviterUnreachableError())
    inbox = await opened()
  })

  afterEach(() => { inbox.stop() })

  async function opened (): Promise<Inbox> {
    const inbox = new Inbox({
      components: {
        datastore,
        connectionManager: { getConnections: (peer: Stranger['peerId']) => people.filter(({ connected, peerId }) => connected && peerId.equals(peer)).map(({ connection }) => connection) }
      } as unknown as DirectInit['components'],
      admission: { preview, decline, redeem: () => { throw new Error('not here') } },
      log: defaultLogger().forComponent('test'),
      clock,
      invitations: () => [],
      isMember: key => members.has(key),
      received: () => {}
    })
    await inbox.start()

    return inbox
  }

  async function comes (host: string): Promise<Stranger> {
    const who = await stranger(host, () => async (stream, connection) => { inbox.take(stream, connection).catch((err: Error) => { stream.abort(err) }) })
    people.push(who)

    return who
  }

  const codeOf = ({ peerId }: Stranger, expiresAt?: number): string => encodeCode({ secret: randomBytes(16), inviter: peerId, addresses: [], expiresAt })

  /** Was it taken? */
  async function hands (who: Stranger, code = codeOf(who)): Promise<boolean> {
    const { messages, stream } = await who.open()

    try {
      await messages.write(utf8ToBytes(code))
      await messages.read()
      await stream.close()

      return true
    } catch {
      return false
    }
  }

  async function stored (): Promise<Key[]> {
    const keys: Key[] = []

    for await (const key of datastore.queryKeys({})) {
      keys.push(key)
    }

    return keys
  }

  const from = (who: Stranger): ReceivedInvitation[] => inbox.getSnapshot().filter(({ from }) => from.equals(who.peerId))

  it('is filled by 22 throw-away keys with codes that lead nowhere: Alice\'s real one comes in, and stays', async () => {
    for (let i = 0; i < 22; i++) {
      const eve = await comes(EVES)
      await Promise.all([hands(eve), hands(eve), hands(eve)])
    }

    expect(inbox.getSnapshot()).toHaveLength(MAX_RECEIVED)
    const alice = await comes(ALICES)
    expect(await hands(alice)).toBe(true)

    for (let i = 0; i < 22; i++) {
      await hands(await comes(EVES))
    }

    expect(from(alice)).toHaveLength(1)
    expect(inbox.getSnapshot()).toHaveLength(MAX_RECEIVED)
  })

  it('of a full one, who went makes room first', async () => {
    const eves: Stranger[] = []

    for (let i = 0; i < MAX_RECEIVED; i++) {
      const eve = await comes(`/ip4/203.0.113.${i}/tcp/1`)
      eves.push(eve)
      await hands(eve)
    }

    const alice = await comes(ALICES)
    expect(await hands(alice)).toBe(false)
    Object.assign(eves[7] ?? {}, { connected: false })
    expect(await hands(alice)).toBe(true)
    expect(from(eves[7] as Stranger)).toEqual([])
  })

  it('a full one takes a member\'s, and no stranger takes that place', async () => {
    const carol = await comes(ALICES)
    members.add(keyOf(carol.peerId))
    carol.connected = false

    for (let i = 0; i < MAX_RECEIVED; i++) {
      await hands(await comes(`/ip4/203.0.113.${i}/tcp/1`))
    }

    expect(await hands(carol)).toBe(true)
    await hands(await comes(EVES))
    expect(from(carol)).toHaveLength(1)
    expect(inbox.getSnapshot()).toHaveLength(MAX_RECEIVED)
  })

  it('an inviter who was not to be reached is as good as gone', async () => {
    const alice = await comes(ALICES)

    for (let i = 0; i < MAX_RECEIVED; i++) {
      await hands(await comes(`/ip4/203.0.113.${i}/tcp/1`))
    }

    const [first] = inbox.getSnapshot()
    await expect(first?.preview()).rejects.toThrow(InviterUnreachableError)
    expect(await hands(alice)).toBe(true)
    expect(inbox.getSnapshot()).not.toContain(first)
  })

  it('"no" drops it at once, though the inviter cannot be told; it hears of it when it comes again', async () => {
    const alice = await comes(ALICES)
    const code = codeOf(alice)
    await hands(alice, code)
    const [received] = inbox.getSnapshot()
    await expect(received?.decline('too many books already')).resolves.toBe(false)
    expect(inbox.getSnapshot()).toEqual([])

    inbox.stop()
    inbox = await opened()
    expect(inbox.getSnapshot()).toEqual([])
    decline.mockResolvedValue(undefined)
    expect(await hands(alice, code)).toBe(true)
    await vi.waitFor(() => { expect(decline).toHaveBeenLastCalledWith(expect.objectContaining({ inviter: alice.peerId }), 'too many books already', undefined) })
    expect(inbox.getSnapshot()).toEqual([])
  })

  it('"no" to what leads nowhere leaves nothing in the store', async () => {
    const eve = await comes(EVES)
    await hands(eve)
    decline.mockRejectedValue(new InvitationNotFoundError())
    await expect(inbox.getSnapshot()[0]?.decline()).resolves.toBe(false)
    await vi.waitFor(async () => { expect(await stored()).toEqual([]) })
  })

  it('"no" to many of which nobody hears keeps the newest in mind alone', async () => {
    for (let i = 0; i < MAX_DECLINED + 10; i++) {
      await hands(await comes(EVES))
      await inbox.getSnapshot()[0]?.decline()
    }

    expect(await stored()).toHaveLength(MAX_DECLINED)
  })

  it('a reason that is too long is refused before anything is done; who waits for the inviter may give up', async () => {
    await hands(await comes(ALICES))
    const [received] = inbox.getSnapshot()
    await expect(received?.decline('x'.repeat(257))).rejects.toThrow(RangeError)
    expect(inbox.getSnapshot()).toHaveLength(1)

    const enough = new AbortController()
    decline.mockImplementation(async (_code, _reason, { signal } = {}) => new Promise((_resolve, reject) => { signal?.addEventListener('abort', () => { reject(signal.reason as Error) }) }))
    const waiting = received?.decline('', { signal: enough.signal })
    await vi.waitFor(() => { expect(decline).toHaveBeenCalledOnce() })
    enough.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    expect(inbox.getSnapshot()).toEqual([])
  })

  it('forgets what has expired, and what names no end after 30 days; also while it was closed', async () => {
    const alice = await comes(ALICES)
    await hands(alice, codeOf(alice, clock.now() + HOUR))
    await hands(alice, codeOf(alice, clock.now() + 2 * HOUR))
    await hands(alice, codeOf(alice))
    expect(await hands(alice, codeOf(alice, clock.now() - 1))).toBe(false)
    clock.advance(HOUR)
    expect(inbox.getSnapshot()).toHaveLength(2)
    inbox.stop()
    clock.advance(HOUR)
    inbox = await opened()
    expect(inbox.getSnapshot()).toHaveLength(1)
    clock.advance(MAX_KEPT)
    expect(inbox.getSnapshot()).toEqual([])
    await vi.waitFor(async () => { expect(await stored()).toEqual([]) })
  })

  it('one damaged record is forgotten, and harms none of the others', async () => {
    const alice = await comes(ALICES)
    await hands(alice)
    await hands(alice)
    const [damaged] = await stored()
    await datastore.put(damaged as Key, Uint8Array.of(1, 2, 3))
    inbox.stop()
    inbox = await opened()
    expect(inbox.getSnapshot()).toHaveLength(1)
    expect(await hands(alice)).toBe(true)
  })

  it('what cannot be stored is not taken: it comes again', async () => {
    const alice = await comes(ALICES)
    const failing = vi.spyOn(datastore, 'put').mockRejectedValue(new Error('no space left'))
    expect(await hands(alice)).toBe(false)
    expect(inbox.getSnapshot()).toEqual([])
    failing.mockRestore()
    expect(await hands(alice)).toBe(true)
  })
})

describe('A direct invitation that was handed over', () => {
  let network: Network

  beforeEach(() => { network = createNetwork() })
  afterEach(async () => network.stop())

  const disk = async () => ({ datastore: new MemoryDatastore(), privateKey: await generateKeyPair('Ed25519') })
  const waiting = (node: TestNode): readonly ReceivedInvitation[] => node.services.parties.received.getSnapshot()

  it('is still there when Bob\'s node restarts and Alice is away; a yes works when she is back', async () => {
    const [alices, bobs] = [await disk(), await disk()]
    const [alice, bob] = [await network.node(alices), await network.node(bobs)]
    const party = await alice.services.parties.create({ name: 'Book club' })
    await party.invite({ to: bob.peerId, pin: false })
    await connect(alice, bob)
    await vi.waitFor(() => { expect(waiting(bob)).toHaveLength(1) })
    await Promise.all([alice.stop(), bob.stop()])

    const bobAgain = await network.node(bobs)
    await bobAgain.services.parties.list()
    expect(waiting(bobAgain)).toHaveLength(1)
    expect(waiting(bobAgain)[0]?.from.equals(alice.peerId)).toBe(true)

    const aliceAgain = await network.node(alices)
    await connect(bobAgain, aliceAgain)
    await expect(waiting(bobAgain)[0]?.accept().accept()).resolves.toMatchObject({ key: party.key })
    await vi.waitFor(() => { expect(waiting(bobAgain)).toEqual([]) })
  })

  it('comes again with each connection until it is answered: Bob\'s store was lost', async () => {
    const alice = await network.node()
    const privateKey = await generateKeyPair('Ed25519')
    const bob = await network.node({ privateKey })
    const party = await alice.services.parties.create({ name: 'Book club' })
    await party.invite({ to: bob.peerId, pin: false })
    await connect(alice, bob)
    await vi.waitFor(() => { expect(waiting(bob)).toHaveLength(1) })
    await bob.stop()

    const again = await network.node({ privateKey })
    await connect(again, alice)
    await vi.waitFor(() => { expect(waiting(again)).toHaveLength(1) })
  })

  it('was declined while Alice was away: she reads it when she is back', async () => {
    const [alices, bobs] = [await disk(), await disk()]
    const [alice, bob] = [await network.node(alices), await network.node({ ...bobs, connectTimeout: 100 })]
    const party = await alice.services.parties.create({ name: 'Book club' })
    const { id } = await party.invite({ to: bob.peerId, pin: false })
    await connect(alice, bob)
    await vi.waitFor(() => { expect(waiting(bob)).toHaveLength(1) })
    await alice.stop()
    await expect(waiting(bob)[0]?.decline('too many books already')).resolves.toBe(false)
    expect(waiting(bob)).toEqual([])

    const aliceAgain = await network.node(alices)
    const mine = callbacks()
    const again = await aliceAgain.services.parties.open(party.key)
    const invitation = again.invitations.getSnapshot().find(invitation => invitation.id === id)
    invitation?.on(mine)
    await connect(aliceAgain, bob)
    await vi.waitFor(() => { expect(mine.ends()).toEqual(['onError InvitationDeclinedError']) })
    expect(waiting(bob)).toEqual([])
  })
})

describe('Bob blocks Eve', () => {
  let network: Network

  beforeEach(() => { network = createNetwork() })
  afterEach(async () => network.stop())

  it('and hears nothing more of her: neither what waits, nor what comes, nor after a restart; until he unblocks her', async () => {
    const bobs = { datastore: new MemoryDatastore(), privateKey: await generateKeyPair('Ed25519') }
    const [eve, bob] = [await network.node(), await network.node(bobs)]
    const party = await eve.services.parties.create({ name: 'Casino' })
    const invitation = await party.invite({ to: bob.peerId, pin: false })
    await connect(eve, bob)
    await vi.waitFor(() => { expect(bob.services.parties.received.getSnapshot()).toHaveLength(1) })
    const heard = vi.fn()

    await bob.services.parties.block(eve.peerId)
    bob.services.parties.received.subscribe(heard)
    expect(bob.services.parties.received.getSnapshot()).toEqual([])
    expect(bob.services.parties.blocked.getSnapshot().map(String)).toEqual([eve.peerId.toString()])
    expect(await hands(eve, bob, invitation.code)).toBe(false)
    await expect(bob.services.parties.lookup(invitation.code)).rejects.toMatchObject({ name: 'NotPermittedError', message: expect.stringContaining('blocked') as string })
    expect(() => bob.services.parties.redeem(invitation.code)).toThrow('blocked')
    expect(heard).not.toHaveBeenCalled()
    await bob.stop()

    const again = await network.node(bobs)
    await again.services.parties.list()
    expect(again.services.parties.blocked.getSnapshot()).toHaveLength(1)
    await connect(eve, again)
    expect(await hands(eve, again, invitation.code)).toBe(false)
    await again.services.parties.unblock(eve.peerId)
    expect(again.services.parties.blocked.getSnapshot()).toEqual([])
    expect(await hands(eve, again, invitation.code)).toBe(true)
    await vi.waitFor(() => { expect(again.services.parties.received.getSnapshot()).toHaveLength(1) })
  })

  it('and she neither looks nor joins by his code: to her he is as good as away', async () => {
    const [eve, bob] = [await network.node({ connectTimeout: 200 }), await network.node()]
    const party = await bob.services.parties.create({ name: 'Book club' })
    const invitation = await party.invite()
    await bob.services.parties.block(eve.peerId)
    await expect(eve.services.parties.lookup(invitation.code)).rejects.toMatchObject({ name: 'InviterUnreachableError' })
    await expect(eve.services.parties.redeem(invitation.code).setPin(invitation.pin)).rejects.toMatchObject({ name: 'InviterUnreachableError' })
    expect(invitation.getSnapshot()).toMatchObject({ status: 'pending', attemptsLeft: 3 })
    await bob.services.parties.unblock(eve.peerId)
    await expect(eve.services.parties.lookup(invitation.code)).resolves.toMatchObject({ party: { name: 'Book club' } })
  })

  /** Hands a code over by hand: was it taken? */
  async function hands (from: TestNode, to: TestNode, code: string): Promise<boolean> {
    const connection = await from.dial(to.getMultiaddrs())
    const messages = lpStream(await connection.newStream(DIRECT_PROTOCOL))

    try {
      await messages.write(utf8ToBytes(code))
      await messages.read()

      return true
    } catch {
      return false
    }
  }
})
