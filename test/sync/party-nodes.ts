/** Replicas of one party with real logs and profiles: they write, meet over wires that break, restart, and are cut off from each other. */
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { acceptanceBytes, decodeOp, MembershipLog, shownHash } from '../../src/log/index.js'
import { MemberRecords } from '../../src/parties/member-records.js'
import { Profiles } from '../../src/parties/profiles.js'
import { PROFILES } from '../../src/sync/constants.js'
import { KeptLog } from '../../src/sync/kept.js'
import { SyncedLog } from '../../src/sync/synced-log.js'
import { rekeyOf } from '../keys/rotating.js'
import { inviteTo, linking } from '../log/people.js'
import { meet, sync } from './replicas.js'
import type { CheckedGrant, InviteRecord, OpKind, Payloads, Role, SignedOp } from '../../src/log/index.js'
import type { Person } from '../log/people.js'
import type { Meeting, Side } from './replicas.js'

/** What is to happen; numbers pick from what there is. */
export interface Event {
  what: number
  at: number
  other: number
  a: number
  b: number
}

type Writing = Exclude<OpKind, 'GENESIS'>

const ROLES: Role[] = ['owner', 'admin', 'writer', 'reader']

/** As often as they come. */
const EVENTS: Array<Writing | 'profile' | 'meet' | 'part' | 'restart' | 'split' | 'heal'> = ['INVITE', 'INVITE', 'ADMIT', 'ADMIT', 'ADMIT', 'REVOKE', 'REMOVE', 'SET_ROLE', 'SET_ROLE', 'SET_ROLE',
  'LEAVE', 'READOPT', 'LINK', 'UNLINK', 'REKEY', 'INFO', 'profile', 'profile', 'meet', 'meet', 'meet', 'meet', 'meet', 'meet', 'meet', 'meet', 'part', 'part', 'restart', 'restart', 'split', 'heal']

/** How many kinds of events there are. */
export const EVENT_COUNT = EVENTS.length

/** A node that holds the party, or does not yet. */
class PartyNode {
  readonly who: Person
  log!: MembershipLog
  profiles!: Profiles
  side!: Side
  readonly meetings = new Map<PartyNode, Meeting>()
  #running = new AbortController()

  constructor (who: Person) {
    this.who = who
  }

  get isHere (): boolean { return this.side != null }
  get isMember (): boolean { return this.isHere && this.log.member(this.who.key) != null }

  async start (log: MembershipLog): Promise<void> {
    const { datastore, privateKey, name } = this.who
    this.#running = new AbortController()
    this.log = log
    this.profiles = new Profiles({ datastore, privateKey, peerId: peerIdFromPrivateKey(privateKey) }, this.isHere ? undefined : { displayName: name })
    await this.profiles.load()
    await this.profiles.begin(undefined, false)
    const synced = new SyncedLog(log, this.#running.signal)
    this.side = { log: synced, kept: new KeptLog(synced, [new MemberRecords(PROFILES, log, this.profiles, this.#running.signal)]) }
  }

  /** Ends all its streams. */
  async part (): Promise<void> {
    const meetings = [...this.meetings]
    this.meetings.clear()

    for (const [other, { wire, over }] of meetings) {
      other.meetings.delete(this)
      wire.close()
      await over
    }
  }

  async stop (): Promise<void> {
    await this.part()
    // what was being written is written
    await this.log.receive([])
    this.side.kept.stop()
    this.#running.abort()
  }

  /** Stops, and starts with what it has on disk. */
  async restart (): Promise<void> {
    await this.stop()
    await this.start(await MembershipLog.open(this.who, this.log.key))
  }
}

export class PartyNodes {
  readonly nodes: PartyNode[]
  /** A bit for each node: on which side of a partition it is. */
  #sides = 0

  constructor (people: Person[]) {
    this.nodes = people.map(who => new PartyNode(who))
  }

  /** The first one founds the party, and takes in some others. */
  async begin (): Promise<void> {
    const [alice, ...others] = this.nodes as [PartyNode, ...PartyNode[]]
    await alice.start(await MembershipLog.create(alice.who, { name: 'Book club', kind: 'group', nonce: '00'.repeat(16) }))

    for (const [i, other] of others.slice(0, 3).entries()) {
      const invite = await alice.log.append('INVITE', inviteTo(ROLES[i] as Role))
      await this.#admit(alice, other, alice.log.invite(invite.id) as InviteRecord)
      await sync(other.side, alice.side)
    }
  }

  async happen ({ what, at, other, a, b }: Event): Promise<void> {
    const event = EVENTS[what % EVENTS.length]!
    const here = this.nodes.filter(node => node.isHere)
    const node = here[at % here.length]!
    const peer = here[other % here.length]!

    switch (event) {
      case 'profile': return node.profiles.setProfile({ displayName: `${node.who.name} ${a}` })
      case 'restart': return node.restart()
      case 'part': return node.part()
      case 'heal':
        this.#sides = 0
        return
      case 'split':
        this.#sides = a
        return this.#cut()
      case 'meet':
        if (this.#reaches(node, peer) && !node.meetings.has(peer) && node.side.log.standingOf(peer.who.key).is === 'member') {
          const meeting = await meet(node.side, peer.side, { cut: 1 + a % 40, window: 4096 })
          node.meetings.set(peer, meeting)
          peer.meetings.set(node, meeting)
        }
        return
      default: return this.#write(node, event, a, b)
    }
  }

  /** All can reach each other, and meet until the members agree, or in vain. @returns after how many rounds */
  async settle (most = 8): Promise<number> {
    for (const node of this.nodes) {
      await node.part()
    }

    for (let round = 0; round < most; round++) {
      if (new Set(this.members().map(contentOf)).size === 1) {
        return round
      }

      for (const node of this.nodes) {
        for (const other of this.nodes) {
          if (node !== other && node.isHere && other.isHere && node.side.log.standingOf(other.who.key).is === 'member') {
            await sync(node.side, other.side)
          }
        }
      }
    }

    return most
  }

  /** Those who are members as the founder sees it, who cannot be removed. */
  async stop (): Promise<void> {
    await Promise.all(this.nodes.filter(({ isHere }) => isHere).map(async node => node.stop()))
  }

  members (): PartyNode[] {
    return this.nodes.filter(({ isHere, who }) => isHere && this.nodes[0]!.log.member(who.key) != null)
  }

  /** Ends all streams from one side to the other. */
  async #cut (): Promise<void> {
    for (const node of this.nodes) {
      if ([...node.meetings.keys()].some(other => !this.#reaches(node, other))) {
        await node.part()
      }
    }
  }

  #reaches (node: PartyNode, other: PartyNode): boolean {
    const side = (one: PartyNode): number => this.#sides >> this.nodes.indexOf(one) & 1

    return node !== other && side(node) === side(other)
  }

  /** One op, where the rules permit it. */
  async #write (node: PartyNode, kind: Writing, a: number, b: number): Promise<void> {
    const { log, who } = node
    const members = [...log.members()]
    const member = members[a % members.length]
    const invites = [...log.invites()]
    const invite = invites[a % invites.length]
    const admits = [...log.voids().keys()].filter(id => log.get(id)?.kind === 'ADMIT')
    const laptop = this.nodes.at(-1)!

    // a stranger to its own log, and the founder who holds the party together, by whichever device
    if (log.member(who.key) == null || member == null || (kind === 'LEAVE' && log.personsOf(who.key).includes(this.nodes[0]!.who.id))) {
      return
    }

    try {
      switch (kind) {
        case 'INVITE': {
          const role = ROLES[b % ROLES.length]!
          await log.append(kind, { ...inviteTo(role, 1 + a % 2), hosts: role === 'writer' || role === 'reader' ? [member.person] : [] })
          break
        }
        case 'ADMIT': {
          const guest = this.nodes.slice(1, -1).filter(other => log.member(other.who.id) == null)[b % 3]
          const own = invites.filter(({ speaker, hosts, revokedBy }) => revokedBy == null && [speaker, ...hosts].includes(log.member(who.key)!.person))

          if (guest != null && own.length > 0) {
            await this.#admit(node, guest, own[a % own.length]!)
          }
          break
        }
        case 'REVOKE':
          if (invite != null) {
            await log.append(kind, { invite: invite.id, reason: '' })
          }
          break
        case 'READOPT':
          if (admits.length > 0) {
            await log.append(kind, { admit: admits[b % admits.length]! })
          }
          break
        case 'LINK': {
          await log.append(kind, await linking(log, laptop.who, { ...who, id: log.member(who.key)!.person }))

          await this.#give(node, laptop)
          break
        }
        case 'UNLINK': await log.append(kind, { key: laptop.who.key })
          break
        case 'SET_ROLE': await log.append(kind, { person: member.person, role: ROLES[b % ROLES.length]! })
          break
        case 'REMOVE': await log.append(kind, { person: member.person })
          break
        case 'LEAVE': await log.append(kind, {})
          break
        case 'REKEY': await rekeyOf(log, { commitment: 'ab'.repeat(32), wraps: 'cd'.repeat(32) })
          break
        case 'INFO': await log.append(kind, { name: `Book club ${a}` })
          break
      }
    } catch (err) {
      if ((err as Error).name !== 'NotPermittedError') {
        throw err
      }
    }
  }

  /** All that is here, to one who has nothing yet. */
  async #give ({ log }: PartyNode, other: PartyNode): Promise<void> {
    if (!other.isHere) {
      const [genesis, ...ops] = log.since([]).map(({ signed }) => signed) as [SignedOp, ...SignedOp[]]
      await other.start(await MembershipLog.begin(other.who, genesis))
      await other.log.receive(ops)
    }
  }

  /** The guest accepts, and has the log from then on. */
  async #admit (node: PartyNode, guest: PartyNode, { id: invite, role, author }: InviteRecord): Promise<void> {
    const { log, who } = node
    const { key: first, privateKey } = guest.who
    const info = log.info()
    const transcript = 'ab'.repeat(32)
    const accepted = { genesis: log.key, invite, role, preview: shownHash(log.genesis, info), transcript }
    const acceptance = await privateKey.sign(acceptanceBytes({ ...accepted, first, inviter: who.key }))
    const payload: Payloads['ADMIT'] = { invite, first, acceptance, transcript, after: 60_000, ...(info == null ? {} : { info: info.id }) }
    const authority = log.authority(invite)
    const admit = await log.append('ADMIT', payload)

    if (author !== who.key) {
      // a Grant shows the right of the INVITE's author alone
      await this.#give(node, guest)
    } else if (!guest.isHere) {
      const grant: CheckedGrant = await MembershipLog.check({ admit: admit.signed, authority }, { inviter: who.key, first, accepted: { ...accepted, acceptance } })
      await guest.start(await MembershipLog.join(guest.who, grant))
    }
  }
}

/** Equal on replicas that have the same ops, that say the same, and that know the same profiles of members. */
export function contentOf ({ log, profiles }: PartyNode): string {
  const ids = log.since([]).map(({ id }) => id).sort()
  const shown = [...log.members()].map(({ key }) => [key, profiles.entry(key)?.sequence, profiles.entry(key)?.id].join()).sort()

  return JSON.stringify({ ids, state: log.stateHash(), shown })
}

/** What a log comes to that has all these ops at once. */
export async function toldAtOnce (node: PartyNode, who: Person): Promise<string> {
  const [genesis, ...ops] = node.log.since([]).map(({ signed }) => signed) as [SignedOp, ...SignedOp[]]
  const log = await MembershipLog.begin(who, decodeOp(genesis).signed)
  await log.receive(ops.reverse())

  return log.stateHash()
}
