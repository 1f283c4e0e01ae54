/** What this browser calls its person, and itself. */
import type { PeerId } from '@libp2p/interface'
import type { Parties } from 'plus-one'

const keyOf = (peerId: PeerId): string => `name ${peerId.toString()}`

export function storedName (peerId: PeerId): string {
  return localStorage.getItem(keyOf(peerId)) ?? ''
}

export function saveName (parties: Parties, peerId: PeerId, displayName: string): void {
  localStorage.setItem(keyOf(peerId), displayName)
  parties.setProfile({ displayName }).catch(() => {})
}

/** As people tell their devices apart: "Chrome on Linux". */
export function suggestedDeviceName (userAgent = navigator.userAgent): string {
  const first = (names: Record<string, RegExp>): string | undefined => Object.entries(names).find(([, pattern]) => pattern.test(userAgent))?.[0]
  const browser = first({ Edge: /Edg/, Firefox: /Firefox|FxiOS/, Chrome: /Chrom|CriOS/, Safari: /Safari/ }) ?? 'Browser'
  const system = first({ iPhone: /iPhone/, iPad: /iPad/, Android: /Android/, Windows: /Windows/, Mac: /Mac OS/, Linux: /Linux|CrOS/ })

  return system == null ? browser : `${browser} on ${system}`
}
