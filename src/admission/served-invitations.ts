/** The invitations that a node serves, of all its parties: made, restored, found by what a guest shows, and ended. */
import { bytesToHex } from '@noble/hashes/utils.js'
import { lookupIdOf } from '../invitation/keys.js'
import { createInvitation } from './create.js'
import { LocalInvitation } from './invitation.js'
import type { DirectInvitations } from './direct/index.js'
import type { InvitationComponents } from './invitation.js'
import type { InvitingParty } from './inviting-party.js'
import type { InvitationRecord } from './records.js'
import type { ShortCodes } from './short-codes/index.js'
import type { Invitation, InviteOptions } from '../interface/index.js'
import type { Logger } from '@libp2p/interface'
import type { AddressManager } from '@libp2p/interface-internal'

export interface ServedInit extends Omit<InvitationComponents, 'onChange' | 'shortCodes'> {
  addressManager: AddressManager
  shortCodes: ShortCodes
  direct: DirectInvitations
  log: Logger
  onInvitation: (invitation: Invitation) => void
}

export class ServedInvitations {
  readonly #init: ServedInit
  /** What all invitations share. */
  readonly #shared: InvitationComponents
  /** By lookup id, ended ones too: who has shown the secret is told what ended it. */
  readonly #served = new Map<string, LocalInvitation>()

  constructor (init: ServedInit) {
    const { datastore, clock, linkBase, profiles, metrics, shortCodes } = init
    this.#init = init
    this.#shared = { datastore, clock, linkBase, profiles, metrics, shortCodes, onChange: (...changed) => { this.#changed(...changed) } }
  }

  get (lookupId: string): LocalInvitation | undefined {
    return this.#served.get(lookupId)
  }

  list (): Iterable<LocalInvitation> {
    return this.#served.values()
  }

  /** A new invitation, served from now on. @throws the signal's reason; nothing is served then. */
  async invite (party: InvitingParty, options: InviteOptions): Promise<LocalInvitation> {
    const record = await createInvitation(party, options, this.#init.addressManager.getAddresses(), this.#init.clock.now())
    const invitation = this.#serve(new LocalInvitation(this.#shared, party, record))
    invitation.on(options)
    await invitation.start()

    if (options.signal?.aborted === true) {
      // who asked for it was told, and has no code
      await invitation.cancel().catch(() => {})
      options.signal.throwIfAborted()
    }

    return invitation
  }

  /** A party's invitations come back after a restart; a load that failed is gone on with. */
  async restore (party: InvitingParty, records: InvitationRecord[]): Promise<void> {
    for (const record of records.filter(({ secret }) => !this.#served.has(bytesToHex(lookupIdOf(secret))))) {
      const invitation = this.#serve(new LocalInvitation(this.#shared, party, record))
      await invitation.start()
      this.#init.shortCodes.restore(invitation)
    }
  }

  /** A party is none of this node's any more: what is open of its invitations ends with this error, and nothing more is written of them. */
  async forget (party: InvitingParty, error: Error): Promise<void> {
    const { shortCodes, log } = this.#init
    const invitations = [...this.#served.values()].filter(invitation => invitation.party === party)
    invitations.forEach(({ lookupId }) => { this.#served.delete(lookupId) })
    await Promise.all(invitations.map(async (invitation) => {
      await invitation.forget(error)
      await shortCodes.forget(invitation).catch(err => { log('a short code was not withdrawn - %e', err) })
    }))
  }

  /** The node stops: guests and callbacks are told, the invitations stay in the store. */
  stop (): void {
    this.#served.forEach(invitation => { invitation.stop() })
  }

  /** None is served from here on. */
  clear (): void {
    this.#served.clear()
  }

  #serve (invitation: LocalInvitation): LocalInvitation {
    invitation.party.invitations.add(invitation)
    this.#served.set(invitation.lookupId, invitation)

    if (invitation.target != null) {
      this.#init.direct.deliver(invitation.target)
    }

    return invitation
  }

  #changed (invitation: LocalInvitation, wasOpen: boolean): void {
    const { onInvitation, shortCodes } = this.#init
    onInvitation(invitation)

    if (invitation.status !== 'pending') {
      shortCodes.withdraw(invitation)
    } else if (!wasOpen) {
      // what had ended it turned out void
      shortCodes.restore(invitation)
    }
  }
}
