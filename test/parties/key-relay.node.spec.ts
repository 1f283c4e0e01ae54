/** Wrap sets over a relay, whose connections end after 128 KiB each. */
import { circuitRelayServer, circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { tcp } from '@libp2p/tcp'
import { TypedEventEmitter } from 'main-event'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../src/async/clock.js'
import { hashOf } from '../../src/keys/index.js'
import { keyOf } from '../../src/log/index.js'
import { KeyAnswers } from '../../src/parties/key-answers.js'
import { KeyAsker } from '../../src/parties/key-asker.js'
import { startNode, stopNodes } from '../sync/nodes.js'
import type { KeyringEvents } from '../../src/keys/index.js'
import type { MembershipLog } from '../../src/log/index.js'
import type { KeyAskerInit } from '../../src/parties/key-asker.js'
import type { PartyKeys } from '../../src/parties/party-keys.js'
import type { Node } from '../sync/nodes.js'
import type { ComponentLogger } from '@libp2p/interface'

afterEach(stopNodes)

const PROTOCOL = '/keys/test'
const rekey = 'ab'.repeat(32)
/** Of some 7,000 recipients. */
const set = Uint8Array.from({ length: 400_000 }, (_, at) => (at * 31 + (at >> 8)) & 0xff)

/** A party of these two, of which one REKEY is known. */
function logOf (self: Node): MembershipLog {
  return Object.assign(new TypedEventEmitter(), {
    key: 'cd'.repeat(32),
    self: keyOf(self.peerId),
    member: () => ({}),
    membersOf: () => [{}],
    get: () => ({ kind: 'REKEY', payload: { wraps: hashOf(set) } }),
    allRekeys: () => [rekey],
    isAncestor: () => false,
    recipients: () => Array.from({ length: 7_200 }, () => ''),
    givenTo: () => () => true
  }) as unknown as MembershipLog
}

/** Bob's, which lacks that one's secret. */
class Lacking extends TypedEventEmitter<KeyringEvents> {
  missing = [rekey]
  readonly kept = Promise.withResolvers<Uint8Array>()
  has (): boolean { return this.missing.length === 0 }
  all (): [] { return [] }
  async add (): Promise<[]> { return [] }
  async keepWrapSet (_: string, bytes: Uint8Array): Promise<boolean> {
    this.missing = []
    this.kept.resolve(bytes)

    return true
  }
}

describe('Over a relay', () => {
  it('a wrap set that is longer than its connections last is gone on with over the next ones', async () => {
    const relay = await startNode(['/ip4/127.0.0.1/tcp/0'], [tcp()], { relay: circuitRelayServer({ reservations: { defaultDataLimit: 131_072n } }) })
    const alice = await startNode([`${relay.getMultiaddrs()[0]!.toString()}/p2p-circuit`], [tcp(), circuitRelayTransport()])
    const bob = await startNode([], [tcp(), circuitRelayTransport()])
    const stop = new AbortController()
    let sent = 0
    const keyring = { wrapSet: async () => set, secretsOf: () => [] }
    const answers = new KeyAnswers({ clock: systemClock, parties: () => [{ log: logOf(alice), keyring, epoch: { history: true } } as unknown as PartyKeys] })
    await alice.handle(PROTOCOL, (stream, connection) => {
      const send = stream.send.bind(stream)
      stream.send = (data) => {
        sent += data.byteLength

        return send(data)
      }
      answers.answer(stream, connection, stop).catch(() => {})
    }, { runOnLimitedConnection: true })
    await vi.waitFor(() => { expect(alice.getMultiaddrs().length).toBeGreaterThan(0) })
    await bob.dial(alice.getMultiaddrs())
    const lacking = new Lacking()
    const { connectionManager, events, logger } = (bob as unknown as { components: Pick<KeyAskerInit, 'connectionManager' | 'events'> & { logger: ComponentLogger } }).components
    const asker = new KeyAsker({ log: logOf(bob), keyring: lacking as unknown as KeyAskerInit['keyring'], history: () => true, clock: systemClock, protocol: PROTOCOL, connectionManager, events, logger: logger.forComponent('test'), signal: stop.signal })

    await expect(lacking.kept.promise).resolves.toEqual(set)
    expect(asker.unanswered).toEqual([])
    // little was lost when they ended
    expect(sent).toBeLessThan(1.25 * set.length)
    stop.abort()
  }, 30_000)
})
