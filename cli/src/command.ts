/** What a command line comes to: the command with its terms, and what every command may be told. */
import type { InvitationStatus, CreatedKind, PinShape, Role } from 'plus-one'

export interface CommonOptions {
  /** JSON lines on stdout, all else on stderr. */
  json: boolean
  verbose: boolean
  /** The data directory. */
  data: string
  /** Was it given? A relay keeps nothing otherwise. */
  dataGiven: boolean
  /** Multiaddrs; undefined: the default ones. */
  listen?: string[]
  /** Multiaddrs to hand out in place of those listened on. */
  announce: string[]
  relay: string[]
  /** Rendezvous points beside the relays. */
  rendezvous: string[]
  /** The display name to take on. */
  as?: string
}

/** One of this node's parties. */
export interface PartyChoice {
  /** The beginning of its key. */
  party?: string
  partyName?: string
}

/** A change of one of them. */
export interface ChangeTerms extends PartyChoice {
  /** How long members have to acknowledge it, s. */
  timeout?: number
}

/** What `Party.invite` is told. */
export interface InviteTerms {
  role?: Role
  expiration?: number | 'never'
  uses?: number
  attempts?: number
  pin?: Partial<PinShape> | false
  approval?: boolean
  data?: Uint8Array
  /** The inviter's own. */
  label?: string
}

export type Command =
  | { name: 'invite', kind?: CreatedKind, app?: Uint8Array, link?: string, to?: string, short?: boolean } & PartyChoice & InviteTerms
  | { name: 'serve', metrics?: number }
  | { name: 'join', code?: string, yes: boolean }
  | { name: 'lookup', code?: string }
  | { name: 'decline', code?: string, reason: string }
  | { name: 'list', status: InvitationStatus | 'all', limit: number, cursor?: string } & PartyChoice
  | { name: 'revoke', id: string } & ChangeTerms
  | { name: 'parties' }
  | { name: 'members' } & PartyChoice
  | { name: 'remove', member: string, yes: boolean } & ChangeTerms
  | { name: 'leave', insist: boolean, yes: boolean } & ChangeTerms
  | { name: 'forget', insist: boolean, yes: boolean } & PartyChoice
  | { name: 'reset', yes: boolean }
  | { name: 'role', member: string, role: Role, yes: boolean } & ChangeTerms
  /** Nobody named: shows who is. */
  | { name: 'block', peer?: string }
  | { name: 'unblock', peer: string }
  | DevicesCommand
  | { name: 'recovery' }
  | { name: 'recover', code?: string, backup?: string }
  | { name: 'backup', file: string }
  | { name: 'relay', port: number, metrics?: number }
  | { name: 'demo' }
  | { name: 'completion', shell: Shell }
  /** A shell asks what may stand next. */
  | { name: 'complete', words: string[] }
  | { name: 'help', text: string }
  | { name: 'version' }

export type DevicesCommand = { name: 'devices' } & (
  | { action: 'list' }
  | { action: 'name', deviceName: string }
  | { action: 'invite', link?: string, short?: boolean } & Pick<InviteTerms, 'expiration' | 'attempts' | 'pin' | 'approval'>
  | { action: 'unlink', device: string, yes: boolean }
)

export type Shell = 'bash' | 'zsh' | 'fish' | 'powershell'

/** A terminal's width and whether it shows colours: help is laid out for it. */
export interface Screen {
  columns: number
  hasColour: boolean
}
