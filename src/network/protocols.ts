/** The service's protocols as its node has them: ids under a prefix, and how many streams of each a connection may have. */
import type { StreamHandlerOptions } from '@libp2p/interface'

/** `invite`, `direct` and `code` are between an inviter and an invitee, the others between members. */
export type ProtocolName = 'invite' | 'direct' | 'code' | 'log' | 'meet' | 'keys' | 'serving' | 'recover'

/** For all of them, or by protocol. */
export type StreamLimits = number | Partial<Record<ProtocolName, number>>

export interface ProtocolsInit {
  protocolPrefix?: string
  maxInboundStreams?: StreamLimits
  maxOutboundStreams?: StreamLimits
}

/** One of them. */
export interface Protocol {
  id: string
  /** For `registrar.handle`: what is not said here is as its service has it. */
  limits: Pick<StreamHandlerOptions, 'maxInboundStreams' | 'maxOutboundStreams'>
}

/** Of a node that says nothing else. */
const PREFIX = 'plus-one'

/** Ids under it: what docs/ call the protocols. What a handshake binds into its proofs is this, whatever the prefix. */
export const PROTOCOLS: Record<ProtocolName, string> = {
  invite: `/${PREFIX}/invite/1.0.0`,
  direct: `/${PREFIX}/direct/1.0.0`,
  code: `/${PREFIX}/code/1.0.0`,
  log: `/${PREFIX}/log/2.0.0`,
  meet: `/${PREFIX}/meet/1.0.0`,
  keys: `/${PREFIX}/keys/1.0.0`,
  serving: `/${PREFIX}/serving/1.0.0`,
  recover: `/${PREFIX}/recover/1.0.0`
}

/** An app's choice of prefix, without the slashes around it, as libp2p's services have it. */
const SEGMENTS = /^[^/\s]+(\/[^/\s]+)*$/

/** @throws {RangeError} A prefix that none can be, or a limit that is none. */
export function protocolsOf ({ protocolPrefix = PREFIX, maxInboundStreams, maxOutboundStreams }: ProtocolsInit): Record<ProtocolName, Protocol> {
  if (!SEGMENTS.test(protocolPrefix)) {
    throw new RangeError('A protocolPrefix has no slashes around it, and no spaces: example, or example/app')
  }

  const names = Object.keys(PROTOCOLS) as ProtocolName[]

  return Object.fromEntries(names.map(name => [name, {
    id: PROTOCOLS[name].replace(PREFIX, protocolPrefix),
    limits: { ...limit('maxInboundStreams', maxInboundStreams, name), ...limit('maxOutboundStreams', maxOutboundStreams, name) }
  }])) as Record<ProtocolName, Protocol>
}

function limit (what: keyof Protocol['limits'], limits: StreamLimits | undefined, name: ProtocolName): Protocol['limits'] {
  const value = typeof limits === 'object' ? limits[name] : limits

  if (value != null && !(value >= 1)) {
    throw new RangeError(`${what} is a number from 1 on, or one by protocol`)
  }

  return value == null ? {} : { [what]: value }
}
