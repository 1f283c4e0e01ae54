/** What this node writes about a party and its members: each change of membership on top of all that connected members have, and with what it voided. */
import { LastOwnerError, NotMemberError, NotPermittedError } from '../errors.js'
import { assertInfo, infoOf } from './info.js'
import { assertMayChange, assertMayName, ownPerson, personNamed } from './named.js'
import { voidedOf } from './voided-op.js'
import type { Call } from './calls.js'
import type { DisplayNames } from './display-names.js'
import type { ChangeResult, LeaveOptions, Member, PartyInfo, Role, VoidedOp } from '../interface/index.js'
import type { LogEvents, MakeRekey, MembershipLog, Payloads, WriteOptions } from '../log/index.js'
import type { AbortOptions, PeerId } from '@libp2p/interface'

type Kind = 'REMOVE' | 'SET_ROLE' | 'LEAVE' | 'READOPT' | 'REVOKE' | 'INFO'

export interface MembershipWriterInit {
  log: MembershipLog
  names: DisplayNames
  /** Can no older store of the log have come back? Else what others have of this node's own ops is asked for before its first one. */
  isFresh: boolean
  call: Call
  /** Waits, a little, for what connected members have. */
  catchUp: (options?: AbortOptions) => Promise<void>
  /** Makes the REKEY behind what takes somebody out. */
  rotation: () => Promise<MakeRekey | undefined>
  /** Aborts when the party is forgotten. */
  life: AbortSignal
}

export class MembershipWriter {
  readonly #init: MembershipWriterInit
  readonly #log: MembershipLog
  /** Set once what others have of this node's own ops was asked for: a store that came back older must not fork its chain. */
  #fresh: Promise<void> | undefined

  constructor (init: MembershipWriterInit) {
    this.#init = init
    this.#log = init.log
    this.#fresh = init.isFresh ? Promise.resolve() : undefined
  }

  /** The log was opened again, maybe by an older store. */
  reopened (): void {
    this.#fresh = undefined
  }

  /** Once after a start, before the first op of this node: waits, a little, for its newest ones from others; of who has just joined, for all of it. */
  async freshen (): Promise<void> {
    this.#fresh ??= this.#init.catchUp()
    await this.#fresh
    await (this.#log.synced || this.#init.catchUp())
  }

  /** @throws as `Party.remove` */
  async remove (member: PeerId | Member, options: AbortOptions): Promise<ChangeResult> {
    const person = personNamed(this.#log, member)

    return this.#write('REMOVE', () => {
      assertMayChange(this.#log, person)

      return { person }
    }, options)
  }

  /** @throws as `Party.setRole` */
  async setRole (member: PeerId | Member, role: Role, options: AbortOptions): Promise<ChangeResult> {
    const person = personNamed(this.#log, member)

    return this.#write('SET_ROLE', () => {
      assertMayChange(this.#log, person, role)

      return { person, role }
    }, options)
  }

  /** @throws as `Party.setDisplayName` */
  async setDisplayName (name: string, options: AbortOptions): Promise<void> {
    const { call, names } = this.#init
    await call(options, async () => {
      const own = this.#log.member(this.#log.self)

      if (own == null) {
        throw new NotMemberError('This node is no member of the party any more, so it has no name there; ask a member for an invitation')
      }

      if (own.key !== this.#log.self && own.recovery == null) {
        throw new NotPermittedError('What a person without recovery words is called is signed by the device that it joined with; say it there')
      }

      await names.setOwn(name, own.recovery)
    })
  }

  /** @throws as `Party.setInfo` */
  async setInfo (info: PartyInfo, options: AbortOptions): Promise<void> {
    assertInfo(info)
    await this.#write('INFO', () => {
      assertMayName(this.#log)
      const before = infoOf(this.#log)
      const { name = before.name, picture = before.picture } = info

      return { name, ...(picture == null ? {} : { picture }) }
    }, options)
  }

  /** @throws as `Party.leave` */
  async leave ({ insist = false, member, ...options }: LeaveOptions): Promise<void> {
    await this.#init.call(options, async () => {
      const log = this.#log
      const speaker = ownPerson(log, member)
      const owners = [...log.members()].filter(({ role }) => role === 'owner')

      if (!insist && log.kind !== 'contact' && owners.length === 1 && owners[0]?.person === speaker && log.memberCount > 1) {
        throw new LastOwnerError()
      }

      await this.#write('LEAVE', () => ({}), { ...options, speaker })
    })
  }

  async readopt (admit: string, options: AbortOptions): Promise<void> {
    await this.#write('READOPT', () => ({ admit }), options)
  }

  /** Another's invitation; an own one is cancelled. */
  async revoke (invite: string, reason: string, options: AbortOptions): Promise<void> {
    await this.#write('REVOKE', () => ({ invite, reason }), options)
  }

  /** @param payload - Of what is here by then; it throws where that does not allow it */
  async #write <K extends Kind> (kind: K, payload: () => Payloads[K], options: AbortOptions & Pick<WriteOptions, 'speaker'>): Promise<ChangeResult> {
    const { call, catchUp, rotation, life } = this.#init

    return call(options, async () => {
      await catchUp(options)
      life.throwIfAborted()

      const voided: VoidedOp[] = []
      const remember = ({ detail }: LogEvents['void']): void => { voided.push(voidedOf(this.#log, detail)) }
      this.#log.addEventListener('void', remember)

      try {
        const rekey = await rotation()
        await this.#log.append(kind, payload(), { ...options, rekey })
      } catch (err) {
        // then the log says that it is closed
        life.throwIfAborted()
        throw err
      } finally {
        this.#log.removeEventListener('void', remember)
      }

      return { voided }
    })
  }
}
