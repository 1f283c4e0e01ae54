/** Tales of ops on chosen pasts, told to replicas in several orders; each must say what the reference says. */
import { MemoryDatastore } from 'datastore-core'
import { expect } from 'vitest'
import { acceptanceBytes } from '../../src/log/index.js'
import { emptyReplica, forge, inviteTo, party } from './people.js'
import { reference } from './reference.js'
import type { Person } from './people.js'
import type { AnyOp, MembershipLog, Op, OpKind, PartyKind, Payloads, Role } from '../../src/log/index.js'

export class Tale {
  readonly genesis: AnyOp<'GENESIS'>
  readonly ops: Op[] = []
  #transcripts = 0

  private constructor (genesis: AnyOp<'GENESIS'>) {
    this.genesis = genesis
  }

  static async of (owners: Person[], kind: PartyKind = 'group'): Promise<Tale> {
    const log = await party(owners[0]!, kind, owners.map(({ key }) => key))

    return new Tale(log.get(log.key) as AnyOp<'GENESIS'>)
  }

  /** Signs an op on these parents: by default the newest op told. */
  async op <K extends OpKind> (author: Person, kind: K, payload: Payloads[K], parents: Op[] = [this.last]): Promise<AnyOp<K>> {
    const op = await forge(author, this.genesis.id, kind, parents.map(({ id }) => id), payload)
    this.ops.push(op)

    return op
  }

  async invite (author: Person, role: Role, parents?: Op[], uses = 1): Promise<AnyOp<'INVITE'>> {
    return this.op(author, 'INVITE', inviteTo(role, uses), parents)
  }

  /** The member is willing: signs the acceptance of this invitation. */
  async admit (invite: AnyOp<'INVITE'>, member: Person, author: Person, parents?: Op[]): Promise<AnyOp<'ADMIT'>> {
    const transcript = (++this.#transcripts).toString(16).padStart(64, '0')
    const acceptance = await member.privateKey.sign(acceptanceBytes({
      genesis: this.genesis.id, invite: invite.id, member: member.key, inviter: invite.author, role: invite.payload.role, transcript
    }))

    return this.op(author, 'ADMIT', { invite: invite.id, member: member.key, acceptance, transcript, after: 60_000 }, parents)
  }

  /** Invites and admits. */
  async join (author: Person, member: Person, role: Role, parents?: Op[]): Promise<AnyOp<'ADMIT'>> {
    return this.admit(await this.invite(author, role, parents), member, author)
  }

  get last (): Op {
    return this.ops.at(-1) ?? this.genesis
  }

  /** Forward, backward and one by one: all replicas agree with the reference. */
  async told (by: Person): Promise<MembershipLog> {
    const logs: MembershipLog[] = []

    for (const arrive of [
      async (log: MembershipLog) => log.receive(this.ops.map(op => op.signed)),
      async (log: MembershipLog) => { for (const op of this.ops) { await log.receive([op.signed]) } },
      async (log: MembershipLog) => { for (const op of [...this.ops].reverse()) { await log.receive([op.signed]) } }
    ]) {
      const log = await emptyReplica(this.genesis, { ...by, datastore: new MemoryDatastore() })
      await arrive(log)
      logs.push(log)
    }

    const { members, voids, kept } = reference([this.genesis, ...this.ops])

    for (const log of logs) {
      expect(new Map([...log.members()].map(({ key, role, grant }) => [key, { role, grant: grant ?? '' }]))).toEqual(members)
      expect(new Map([...log.voids()].map(([id, { reason }]) => [id, reason]))).toEqual(voids)
      expect(new Set(log.since([]).map(({ id }) => id))).toEqual(kept)
      expect(log.stateHash()).toBe(logs[0]?.stateHash())
    }

    return logs[0]!
  }
}
