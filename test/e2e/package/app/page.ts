// an app in a browser, and the strictest that TypeScript has
import { noise } from '@libp2p/noise'
import { yamux } from '@libp2p/yamux'
import { identify } from '@libp2p/identify'
import { webSockets } from '@libp2p/websockets'
import { createLibp2p } from 'libp2p'
import { parties, WrongPinError } from 'plus-one'
import { JoinElement } from 'plus-one/elements'
import { PartiesProvider, useInvitation, useInvitationRedeemer } from 'plus-one/react'
import { rendezvousPoints } from 'plus-one/rendezvous'
import type { Parties, Party } from 'plus-one'

export const node = await createLibp2p({
  transports: [webSockets()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  services: { identify: identify(), parties: parties({ rendezvous: [rendezvousPoints()], profile: { displayName: 'Alice' } }) }
})
export const service: Parties = node.services.parties
export const party: Party = await service.create({ name: 'Book club', kind: 'group' })
export const hooks = [PartiesProvider, useInvitation, useInvitationRedeemer]
export const attemptsLeft = (error: unknown): number | undefined => error instanceof WrongPinError ? error.attemptsLeft : undefined
export const join: JoinElement = Object.assign(document.createElement('plus-one-join'), { parties: service })
export const invite: string | undefined = document.querySelector('plus-one-invite')?.invitation?.code
export const isJoin = join instanceof JoinElement
