/** What parties are counted by, where the node has metrics. */
import type { Party } from '../interface/index.js'
import type { Counter, CounterGroup, Metrics } from '@libp2p/interface'

export interface PartyMetrics {
  ops: Counter
  /** `agreed`, `refused` */
  sync: CounterGroup
  /** By this node: `first`, `removal`, `debt` */
  rotations: CounterGroup
}

/** @param parties - Those of now: counted when they are asked for */
export function partyMetrics (metrics: Metrics | undefined, parties: () => Iterable<Party>): PartyMetrics | undefined {
  if (metrics == null) {
    return undefined
  }

  const sum = (count: (party: Party) => number): number => [...parties()].reduce((all, party) => all + count(party), 0)
  metrics.registerMetric('plus_one_parties', { help: 'Parties of this node', calculate: () => sum(() => 1) })
  metrics.registerMetric('plus_one_online_members', { help: 'Members with whom this node is connected, over all of its parties', calculate: () => sum(({ online }) => online.length) })
  metrics.registerMetric('plus_one_debts', { help: 'Parties of this node in which a rotation of the key is owed', calculate: () => sum(({ epoch }) => Number(epoch.owed)) })

  return {
    rotations: metrics.registerCounterGroup('plus_one_rotations_total', { label: 'cause', help: 'Times that this node made a party\'s key anew' }),
    ops: metrics.registerCounter('plus_one_log_ops_total', { help: 'Ops that were kept, this node\'s own and others\'' }),
    sync: metrics.registerCounterGroup('plus_one_log_comparisons_total', { label: 'result', help: 'Times that all that a member had was here, or that a member refused this node' })
  }
}
