/** Who is in a party, as an app sees it: its members now, which of them are connected, and what is told of a change. */
import { keyOf, peerIdOf } from '../log/terms.js'
import { Presence } from '../meeting/presence.js'
import { MemberChanges } from './member-changes.js'
import { MemberList } from './member-list.js'
import type { DisplayNames } from './display-names.js'
import type { Member, Role } from '../interface/index.js'
import type { Key, MemberChange, MembershipLog, PersonId } from '../log/index.js'
import type { PresenceInit } from '../meeting/presence.js'
import type { PeerId } from '@libp2p/interface'

export interface RosterInit extends Pick<PresenceInit, 'log' | 'connectionManager' | 'events' | 'signal'> {
  names: DisplayNames
  /** Who is connected is others now. */
  onChange: () => void
  onPresence: (member: Member) => void
  onDevice: (member: Member, device: PeerId, isLinked: boolean) => void
  /** @param before - undefined: was none @param after - undefined: is none any more */
  onMember: (member: Member, before: Role | undefined, after: Role | undefined) => void
}

export class Roster {
  readonly #init: RosterInit
  readonly #log: MembershipLog
  readonly #members: MemberList
  readonly #changes: MemberChanges
  readonly #presence: Presence
  #online: readonly Member[] = []

  /** Made before what else listens to the log: who is told of a change reads the members as they are then. */
  constructor (init: RosterInit) {
    const { log, names, onChange, onPresence } = init
    this.#init = init
    this.#log = log
    this.#members = new MemberList(log, names, person => this.#isOnline(person))
    this.#presence = new Presence({
      ...init,
      onChange: (person) => {
        this.#members.met(person)
        onChange()
        const member = this.#memberOf(person)

        if (member?.self === false) {
          onPresence(member)
        }
      },
      onDevice: onChange
    })
    this.#changes = new MemberChanges(log)
  }

  /** Members now, owners first: the same array until one of them changes. */
  get members (): readonly Member[] { return this.#members.all }

  /** The connected keys: the same array until there are others. */
  get peers (): readonly PeerId[] { return this.#presence.peers }

  /** Of these members, the others who are connected: the same array while it is, so that who follows it alone is not told of more. */
  online (members: readonly Member[]): readonly Member[] {
    const online = members.filter(({ online, self }) => online && !self)

    if (this.#online.length !== online.length || online.some((member, place) => member !== this.#online[place])) {
      this.#online = online
    }

    return this.#online
  }

  /** The member for whom a key stands; undefined: nobody. */
  of (peer: PeerId): Member | undefined {
    const record = peer.type === 'Ed25519' ? this.#log.member(keyOf(peer)) : undefined

    return record == null ? undefined : this.#members.get(record.person)
  }

  /** Somebody shows another profile. Is it a member? */
  showed (key: Key): boolean {
    return this.#members.showed(key)
  }

  /** The log was opened again: what was before is told no more. */
  reset (): void {
    this.#presence.reset()
    this.#members.reset()
    this.#changes.reset()
  }

  /** The log's members changed. */
  changed (changes: readonly MemberChange[]): void {
    const { onDevice, onMember } = this.#init

    for (const { person, before, after, linked, unlinked } of this.#changes.take(changes)) {
      const key = this.#log.firstKeyOf(person)
      const role = after ?? before

      if (key != null && role != null) {
        const member = this.#members.memberOf({ person, key, role, invitedBy: this.#log.member(person)?.invitedBy })
        linked.forEach((device) => { onDevice(member, peerIdOf(device), true) })
        unlinked.forEach((device) => { onDevice(member, peerIdOf(device), false) })

        if (before !== after) {
          onMember(member, before, after)
        }
      }
    }
  }

  /** This node's own person is as online as the node. */
  #isOnline (person: PersonId): boolean {
    return this.#presence.has(person) || this.#log.membersOf(this.#log.self).some(member => member.person === person)
  }

  /** A person as its member is, or was. */
  #memberOf (person: PersonId): Member | undefined {
    const record = this.#log.member(person)
    const key = this.#log.firstKeyOf(person)

    return record == null && key == null ? undefined : this.#members.memberOf(record ?? { person, key: key ?? '', role: 'reader' })
  }
}
