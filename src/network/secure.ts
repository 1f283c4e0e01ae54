/** Which connections prove who is at their other end. */
import { ProtocolError } from '../errors.js'
import type { Connection } from '@libp2p/interface'

/** Encryptions under which a PeerId is proved; WebRTC, WebTransport and QUIC report theirs as native. */
const SECURE = ['/noise', '/tls/1.0.0', 'native']

/** @throws {ProtocolError} Whoever is there cannot be told from anyone between. */
export function assertSecure ({ encryption }: Connection): void {
  if (encryption == null || !SECURE.includes(encryption)) {
    throw new ProtocolError('The connection is not encrypted; configure the node with noise()')
  }
}
