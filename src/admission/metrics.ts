/** What invitations are counted by, where the node has metrics. */
import type { Counter, CounterGroup, Metrics } from '@libp2p/interface'

export interface AdmissionMetrics {
  attempts: CounterGroup<'right' | 'wrong'>
  admissions: Counter
  locked: Counter
}

export function admissionMetrics (metrics: Metrics | undefined): AdmissionMetrics | undefined {
  return metrics == null
    ? undefined
    : {
        attempts: metrics.registerCounterGroup('plus_one_pin_attempts_total', { label: 'result', help: 'PINs that were tried on this node\'s invitations' }),
        admissions: metrics.registerCounter('plus_one_admissions_total', { help: 'Members whom this node admitted' }),
        locked: metrics.registerCounter('plus_one_invitations_locked_total', { help: 'Invitations of this node that wrong PINs locked' })
      }
}
