/** Addresses and the PeerId at their end: who is dialled by one that has it is that peer, and nobody else. */
import type { PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/** Does it end in a PeerId, whosever it is? */
export function endsInPeer (address: Multiaddr): boolean {
  return address.getComponents().at(-1)?.name === 'p2p'
}

/** Does it end in this peer's? */
export function endsIn (address: Multiaddr, peer: PeerId): boolean {
  return endsInPeer(address) && address.getComponents().at(-1)?.value === peer.toString()
}

/** With this peer's at its end, behind whatever it ends in. */
export function addressTo (address: Multiaddr, peer: PeerId): Multiaddr {
  return endsIn(address, peer) ? address : address.encapsulate(`/p2p/${peer.toString()}`)
}

/** Without this peer's at its end. */
export function routeTo (address: Multiaddr, peer: PeerId): Multiaddr {
  return endsIn(address, peer) ? address.decapsulate(`/p2p/${peer.toString()}`) : address
}
