/**
 * Guards a plain protocol of an app, whoever handles it: members of one party only, of a role if asked, by the log as it is at each moment.
 *
 * It is a libp2p stream middleware, since that stays when a handler is taken away, replaced or forced: a wrapped
 * handler would go with it, in silence. libp2p 3.3 appends each inbound stream's handler to the list of middleware
 * that is registered, and the next stream would be handled twice: so each stream puts a new list in its place,
 * before anything else runs.
 */
import { NotMemberError, RoleTooLowError } from '../errors.js'
import { isAtLeast } from '../interface/index.js'
import { liveRoleOf } from './role.js'
import type { Role } from '../interface/index.js'
import type { MembershipLog } from '../log/index.js'
import type { AbortOptions, PeerId, StreamMiddleware } from '@libp2p/interface'
import type { ConnectionManager, Registrar } from '@libp2p/interface-internal'

export interface ProtectionInit {
  registrar: Registrar
  connectionManager: ConnectionManager
  /** Resolves when the node's parties are loaded. @throws {NotStartedError} */
  ready: (options?: AbortOptions) => Promise<void>
}

interface Guard {
  log: MembershipLog
  role: Role
}

/** All guards of one protocol: a stream passes if each lets it. */
class GuardedProtocol {
  readonly #init: ProtectionInit
  readonly #protocol: string
  readonly #guards = new Set<Guard>()
  /** What an app registered before. */
  readonly #others: StreamMiddleware[]

  constructor (init: ProtectionInit, protocol: string) {
    this.#init = init
    this.#protocol = protocol
    this.#others = init.registrar.getMiddleware(protocol)
    this.#register()
  }

  get size (): number { return this.#guards.size }

  /** @returns What takes it away again */
  add (guard: Guard): () => void {
    const onMembers = (): void => { this.#review() }

    // one of a party that was forgotten lets nobody in, until the party is here again and guards for itself
    for (const old of this.#guards) {
      if (old.log !== guard.log && old.log.key === guard.log.key) {
        this.#guards.delete(old)
      }
    }

    this.#guards.add(guard)
    guard.log.addEventListener('members', onMembers)
    this.#review()

    return () => {
      this.#guards.delete(guard)
      guard.log.removeEventListener('members', onMembers)
    }
  }

  /** The last guard has gone. */
  end (): void {
    const { registrar } = this.#init

    if (registrar.getMiddleware(this.#protocol).includes(this.#middleware)) {
      registrar.unuse(this.#protocol)

      if (this.#others.length > 0) {
        registrar.use(this.#protocol, this.#others)
      }
    }
  }

  readonly #middleware: StreamMiddleware = async (stream, connection, next) => {
    this.#register()

    if (stream.direction === 'inbound') {
      // what was known before a stop is not enough
      await this.#init.ready()
      const refusal = this.#refusalOf(connection.remotePeer)

      // libp2p aborts the stream with it
      if (refusal != null) {
        throw refusal
      }
    }

    next(stream, connection)
  }

  #register (): void {
    this.#init.registrar.use(this.#protocol, [this.#middleware, ...this.#others])
  }

  #refusalOf (peer: PeerId): Error | undefined {
    for (const { log, role } of this.#guards) {
      const now = liveRoleOf(log, peer)

      if (!isAtLeast(now, role)) {
        return now == null ? new NotMemberError() : new RoleTooLowError(role)
      }
    }

    return undefined
  }

  /** Ends what was opened to this node by who does not qualify, or not any more; what this node opened is its own affair. */
  #review (): void {
    for (const connection of this.#init.connectionManager.getConnections()) {
      const streams = connection.streams.filter(({ protocol, direction }) => protocol === this.#protocol && direction === 'inbound')
      const refusal = streams.length > 0 ? this.#refusalOf(connection.remotePeer) : undefined

      if (refusal != null) {
        streams.forEach((stream) => { stream.abort(refusal) })
      }
    }
  }
}

/** The protocols of one node that are guarded. */
export class Protection {
  readonly #init: ProtectionInit
  readonly #protocols = new Map<string, GuardedProtocol>()

  constructor (init: ProtectionInit) {
    this.#init = init
  }

  /** @returns What takes the guard away again */
  protect (log: MembershipLog, protocol: string, role: Role): () => void {
    const guarded = this.#protocols.get(protocol) ?? new GuardedProtocol(this.#init, protocol)
    this.#protocols.set(protocol, guarded)
    const remove = guarded.add({ log, role })

    return () => {
      remove()

      if (guarded.size === 0 && this.#protocols.get(protocol) === guarded) {
        this.#protocols.delete(protocol)
        guarded.end()
      }
    }
  }
}
