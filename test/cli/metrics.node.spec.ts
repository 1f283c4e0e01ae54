import { prometheusMetrics } from '@libp2p/prometheus-metrics'
import { noise } from '@libp2p/noise'
import { yamux } from '@libp2p/yamux'
import { identify } from '@libp2p/identify'
import { memory } from '@libp2p/memory'
import { createLibp2p } from 'libp2p'
import { Registry } from 'prom-client'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { parties } from '../../src/index.js'
import { createNetwork } from '../../src/testing/index.js'
import { wrongPin } from '../helpers/parties.js'
import type { Network } from '../../src/testing/index.js'

let network: Network

afterEach(async () => network.stop())

describe('A node with metrics', () => {
  it('counts attempts, admissions, locks, ops, comparisons and rotations, and who is online', async () => {
    network = createNetwork({ meet: false })
    const registry = new Registry()
    const alice = await createLibp2p({
      addresses: { listen: ['/memory/metrics-alice'] },
      transports: [memory()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      connectionGater: { denyDialMultiaddr: () => false },
      metrics: prometheusMetrics({ registry, collectDefaultMetrics: false }),
      services: { identify: identify(), parties: parties({ meet: false }) }
    })

    try {
      const read = async (name: string, labels: object = {}): Promise<number | undefined> => (await registry.getSingleMetric(name)?.get())?.values
        .find(value => Object.entries(labels).every(([label, is]) => value.labels[label] === is))?.value
      const [bob, eve] = await Promise.all([network.node(), network.node()])
      const party = await alice.services.parties.create({ name: 'Book club' })
      const [first, second, approved] = [await party.invite(), await party.invite({ attempts: 1 }), await party.invite({ approve: () => true })]
      const redemption = bob.services.parties.redeem(first.code)
      await redemption.setPin(wrongPin(first)).catch(() => {})
      const bobs = await redemption.setPin(first.pin)
      await eve.services.parties.redeem(second.code).setPin(wrongPin(second)).catch(() => {})
      await eve.services.parties.redeem(approved.code).setPin(approved.pin)
      await vi.waitFor(() => { expect(bobs.synced).toBeDefined() })
      await vi.waitFor(() => { expect(party.online).toHaveLength(2) })
      expect(await read('plus_one_online_members')).toBe(2)
      expect(await registry.metrics()).toMatch(/# TYPE plus_one_online_members gauge\nplus_one_online_members 2\n/)

      expect(await read('plus_one_pin_attempts_total', { result: 'wrong' })).toBe(2)
      expect(await read('plus_one_pin_attempts_total', { result: 'right' })).toBe(2)
      expect(await read('plus_one_admissions_total')).toBe(2)
      expect(await read('plus_one_invitations_locked_total')).toBe(1)
      // the first REKEY, three INVITEs, two ADMITs, and the REVOKE of what was locked
      await vi.waitFor(async () => { expect(await read('plus_one_log_ops_total')).toBe(7) })
      await vi.waitFor(async () => { expect(await read('plus_one_log_comparisons_total', { result: 'agreed' })).toBeGreaterThan(0) })
      await party.remove(eve.peerId)
      expect([await read('plus_one_rotations_total', { cause: 'first' }), await read('plus_one_rotations_total', { cause: 'removal' }), await read('plus_one_debts')]).toEqual([1, 1, 0])
      await bobs.leave()
      await vi.waitFor(async () => { expect(await read('plus_one_debts')).toBe(1) })
      expect(await read('plus_one_parties')).toBe(1)
    } finally {
      await alice.stop()
    }
  })
})
