/**
 * A person: the words that outrank their devices, and what comes of them (docs/persons.md).
 *
 * @packageDocumentation
 */
export { LocalRecovery } from './recovery.js'
export type { BackupKey, PublicRecovery, RecoveryKeys } from './recovery-keys.js'
