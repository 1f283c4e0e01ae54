/** A handshake by docs/handshake.md: its frames, and what each has to hold. */
import { sha256 } from '@noble/hashes/sha2.js'
import { base32crockford } from '@scure/base'
import { hex, isSame, lvCat, must, unhex, utf8 } from './bytes.js'
import { lookupIdOf, macOf } from './codes.js'
import { keysOf } from './cpace.js'
import { verify } from './ed25519.js'
import { acceptanceBytes, homeBodyOf, idOf, isSigned, linkBytes, PARTY_KINDS, personIdOf, previewHashOf, readOp, ROLES } from './ops.js'
import { openGranted } from './keys.js'
import { bytesOf, decode, encode, listOf, messageOf } from './protobuf.js'
import { readProfile } from './records.js'
import type { Ends, MacOf } from './codes.js'
import type { Keys } from './cpace.js'
import type { EpochSecret } from './keys.js'
import type { Message, Schema } from './protobuf.js'
import type { Op } from '../log/reference-ops.js'

const FRAME: Schema = { 1: ['type', 'number'], 2: ['body', 'bytes'], 3: ['mac', 'bytes'] }

const PREVIEW: Schema = {
  1: ['name', 'text'], 2: ['kind', 'number'], 3: ['memberCount', 'number'], 4: ['profile', 'bytes'], 5: ['role', 'number'], 6: ['expiresAt', 'number'], 7: ['attemptsLeft', 'number'],
  8: ['pinLength', 'number'], 9: ['pinAlphabet', 'text'], 10: ['approval', 'bool'], 11: ['picture', 'text'], 12: ['member', 'bool'], 13: ['app?', 'bytes'], 14: ['data?', 'bytes'], 15: ['recovery?', 'bytes']
}

const OP: Schema = { 1: ['body', 'bytes'], 2: ['sig', 'bytes'] }

const TYPES = ['UNKNOWN', 'KNOCK', 'WELCOME', 'ANSWER', 'GRANT', 'ACK', 'RETRY', 'WAITING', 'DECLINE', 'CANCEL', 'REFUSAL']

const BODIES: { [type: string]: Schema } = {
  KNOCK: { 1: ['version', 'number'], 2: ['lookupId', 'bytes'], 3: ['intent', 'number'], 4: ['nonce', 'bytes'] },
  WELCOME: { 1: ['genesis', 'bytes'], 2: ['invite', 'bytes'], 3: ['preview', PREVIEW], 4: ['nonce', 'bytes'], 5: ['share', 'bytes'] },
  ANSWER: { 1: ['share', 'bytes'], 2: ['tag', 'bytes'], 3: ['acceptance', 'bytes'], 4: ['profile', 'bytes'], 5: ['recovery', 'bytes'] },
  GRANT: { 1: ['tag', 'bytes'], 2: ['admit', OP], 3: ['authority', [OP]], 4: ['heads', ['bytes']], 5: ['secrets', 'bytes'] },
  RETRY: { 1: ['attemptsLeft', 'number'], 2: ['nonce', 'bytes'], 3: ['share', 'bytes'] },
  WAITING: { 1: ['tag', 'bytes'], 2: ['nonce', 'bytes'] },
  DECLINE: { 1: ['reason', 'text'] },
  REFUSAL: { 1: ['code', 'number'] }
}

export interface Frame {
  type: string
  /** As they came: what MACs and the transcript cover. */
  bytes: Uint8Array
  mac: Uint8Array
  body: Message
}

export function readFrame (bytes: Uint8Array): Frame {
  const frame = decode(FRAME, bytes)
  const type = TYPES[frame.type as number] ?? ''
  const schema = BODIES[type]
  const body = bytesOf(frame, 'body')
  must(type === 'ACK' || type === 'CANCEL' ? body.length === 0 : schema != null, `a frame of type ${type}`)
  const decoded = decode(schema ?? {}, body)
  must(schema == null || isSame(encode(schema, decoded), body), 'fields are written by number, zeros left out')

  return { type, bytes: body, mac: bytesOf(frame, 'mac'), body: decoded }
}

export interface Read {
  transcripts: string[]
  comparisons: string[]
  /** Of each Answer, with the PIN that the inviter has; the tags of wrong guesses differ. */
  runs: Keys[]
  /** Was Tb right? */
  right: boolean[]
  granted: Op | undefined
  /** The party's key, as the Grant brought it. */
  secrets: EpochSecret[]
}

export interface Given {
  ends: Ends
  secret: Uint8Array
  /** The inviter's PIN, and those that were typed. */
  pin: string
  typed: string[]
  /** Scalars of Ya, and of Yb, as they were drawn. */
  drawn: { inviter: Uint8Array[], invitee: Uint8Array[] }
  inviterKey: string
  inviteeKey: string
}

/** Follows a whole handshake, and checks each frame as the side that takes it does. */
export function follow (frames: Uint8Array[], { ends, secret, pin, typed, drawn, inviterKey, inviteeKey }: Given): Read {
  const read: Read = { transcripts: [], comparisons: [], runs: [], right: [], granted: undefined, secrets: [] }
  const bodies: Uint8Array[] = []
  let knock: Message = {}
  let welcome: Message | undefined
  let inviterNonce = new Uint8Array()
  let inviterShare = new Uint8Array()
  let answer: Message | undefined

  const sealed = (frame: Frame, of: MacOf, before: Uint8Array[] = []): void => {
    must(isSame(frame.mac, macOf(secret, of, ends, frame.bytes, before)), `the MAC of ${frame.type}`)
  }

  for (const frame of frames.map(readFrame)) {
    const { type, body } = frame

    switch (type) {
      case 'KNOCK':
        sealed(frame, 'knock')
        must(body.version === 1 && isSame(bytesOf(body, 'lookupId', 16), lookupIdOf(secret)) && bytesOf(body, 'nonce', 32).length === 32, 'Knock')
        knock = body
        bodies.push(frame.bytes)
        break
      case 'WELCOME':
        sealed(frame, 'welcome', bodies)
        checkPreview(body, inviterKey)
        must(bytesOf(body, 'share', 0, 32).length === (knock.intent === 1 ? 32 : 0), 'a share on redeem alone')
        welcome = body
        bodies.push(frame.bytes)
        inviterNonce = bytesOf(body, 'nonce', 32).slice()
        inviterShare = bytesOf(body, 'share').slice()
        break
      case 'RETRY':
        sealed(frame, 'retry', bodies)
        bodies.push(frame.bytes)
        inviterNonce = bytesOf(body, 'nonce', 32).slice()
        inviterShare = bytesOf(body, 'share', 32).slice()
        break
      case 'ANSWER': {
        must(frame.mac.length === 0, 'an Answer has no MAC')
        const n = read.transcripts.length
        const transcript = sha256(lvCat(utf8('plus-one/invite/1 transcript'), ...bodies, bytesOf(body, 'share', 32)))
        const nonces = { inviter: inviterNonce, invitee: bytesOf(knock, 'nonce') }
        const run = (password: string): Keys => keysOf(
          { protocol: '/plus-one/invite/1.0.0', ends, password, bound: [lookupIdOf(secret), secret], nonces }, { inviter: drawn.inviter[n]!, invitee: drawn.invitee[n]! })
        const [theirs, ours] = [run(pin), run(typed[n]!)]
        must(isSame(theirs.shares.inviter, inviterShare) && isSame(ours.shares.invitee, bytesOf(body, 'share')), 'Ya and Yb')

        // who typed another PIN has another generator: the inviter's run with this Yb has another key, and Tb does not hold
        if (pin === typed[n]) {
          must(isSame(ours.tags.invitee, bytesOf(body, 'tag', 64)), 'Tb')
        } else {
          must(!isSame(theirs.tags.invitee, bytesOf(body, 'tag', 64)), 'Tb of a wrong PIN')
        }

        read.right.push(pin === typed[n])
        read.runs.push(theirs)
        read.transcripts.push(hex(transcript))
        answer = body
        must(verify(unhex(inviteeKey), signedBy(welcome!, body, transcript, inviterKey, inviteeKey), bytesOf(body, 'acceptance', 64)), 'the acceptance')
        must(body.profile == null || bytesOf(body, 'profile').length === 0 || readProfile(bytesOf(body, 'profile'), unhex(inviteeKey)).sequence > 0, 'the profile')
        break
      }
      case 'WAITING':
        sealed(frame, 'waiting', [...bodies, unhex(read.transcripts.at(-1)!)])
        must(isSame(bytesOf(body, 'tag', 64), read.runs.at(-1)!.tags.inviter), 'Ta in Waiting')
        read.comparisons.push(comparisonOf(unhex(read.transcripts.at(-1)!), bytesOf(body, 'nonce', 32)))
        break
      case 'GRANT':
        if (answer == null) {
          sealed(frame, 'grant', bodies)
        }

        must(answer != null || bytesOf(body, 'secrets').length === 0, 'a repeated Grant has no key')
        must(isSame(bytesOf(body, 'tag', 0, 64), answer == null ? new Uint8Array() : read.runs.at(-1)!.tags.inviter), 'Ta')
        read.granted = checkGrant(body, { secret, welcome, answer, transcript: read.transcripts.at(-1), inviterKey, inviteeKey })
        read.secrets = answer == null || bytesOf(body, 'secrets').length === 0 ? [] : openGranted(bytesOf(body, 'secrets'), { codeSecret: secret, isk: read.runs.at(-1)!.isk, transcript: unhex(read.transcripts.at(-1)!), admit: read.granted.id })
        break
      default:
        must(frame.mac.length === 0, `${type} has no MAC`)
    }
  }

  return read
}

export function comparisonOf (transcript: Uint8Array, nonce: Uint8Array): string {
  const text = base32crockford.encode(sha256(lvCat(utf8('plus-one/invite/1 comparison'), transcript, nonce)))

  return `${text.slice(0, 3)}-${text.slice(3, 6)}`
}

function checkPreview (welcome: Message, inviterKey: string): void {
  const preview = messageOf(welcome, 'preview')
  const kind = PARTY_KINDS[preview.kind as number]
  must(kind != null && ROLES[preview.role as number] != null, 'a kind and a role that are known')
  must(bytesOf(welcome, 'genesis', 32).length === 32 && bytesOf(welcome, 'invite', 32).length === 32, 'ids')
  must((preview.pinLength === 0) === (preview.pinAlphabet === ''), 'a PIN has a length and an alphabet')
  must(readProfile(bytesOf(preview, 'profile'), unhex(inviterKey)).sequence > 0, 'the inviter\'s profile')

  if (kind === 'person') {
    must(idOf(homeBodyOf(bytesOf(preview, 'recovery', 32))) === hex(bytesOf(welcome, 'genesis')) && preview.name === 'home' && preview.picture === '' && preview.app == null, 'a home is a function of its key')
  }
}

/** What the preview shows of the party. */
function shownHash (welcome: Message): Uint8Array {
  const { name, kind, picture, app } = messageOf(welcome, 'preview')

  return previewHashOf({ name: name as string, kind: PARTY_KINDS[kind as number]!, ...(picture === '' ? {} : { picture: picture as string }), ...(app == null ? {} : { app: hex(app as Uint8Array) }) })
}

/** What an Answer's acceptance signs. */
function signedBy (welcome: Message, answer: Message, transcript: Uint8Array, inviter: string, invitee: string): Uint8Array {
  const { role, recovery: home } = messageOf(welcome, 'preview')
  const genesis = hex(bytesOf(welcome, 'genesis'))
  const recovery = bytesOf(answer, 'recovery', 0, 32)

  if (home != null) {
    must(recovery.length === 0, 'a device takes no seat')

    return linkBytes(genesis, personIdOf(home as Uint8Array, home as Uint8Array), inviter)
  }

  return acceptanceBytes({
    genesis, invite: hex(bytesOf(welcome, 'invite')), first: invitee, ...(recovery.length === 0 ? {} : { recovery: hex(recovery) }), inviter, role: ROLES[role as number]!,
    preview: shownHash(welcome), transcript: hex(transcript)
  })
}

interface GrantContext {
  secret: Uint8Array
  welcome: Message | undefined
  answer: Message | undefined
  transcript: string | undefined
  inviterKey: string
  inviteeKey: string
}

/** "Checked by the invitee from the Grant alone". */
function checkGrant (grant: Message, { secret, welcome, answer, transcript, inviterKey, inviteeKey }: GrantContext): Op {
  const signed = [...listOf(grant, 'authority') as Message[], messageOf(grant, 'admit')].map(op => ({ body: bytesOf(op, 'body'), sig: bytesOf(op, 'sig', 64) }))
  const ops = signed.map(({ body }) => readOp(body)) as Op[]
  const [genesis] = ops
  const brought = ops.at(-1)!
  must(signed.length <= 65 && listOf(grant, 'heads').length <= 16 && genesis?.kind === 'GENESIS', 'at most 64 ops, the GENESIS first')
  must(signed.every((op, i) => isSigned(genesis.id, ops[i]!.author, op)), 'every signature')
  must(brought.author === inviterKey && (welcome == null || genesis.id === hex(bytesOf(welcome, 'genesis'))), 'of this inviter, and this party')
  must(brought.kind === 'ADMIT' || brought.kind === 'LINK', 'an ADMIT, in a home a LINK')
  const invite = ops.find(op => op.kind === 'INVITE' && op.id === brought.payload.invite)
  must(invite?.kind === 'INVITE' && invite.payload.lookupId === hex(lookupIdOf(secret)), 'the INVITE carries the lookup id of this code')
  must(welcome == null || invite.id === hex(bytesOf(welcome, 'invite')), 'the INVITE that was shown')
  const data = welcome == null ? undefined : messageOf(welcome, 'preview').data as Uint8Array | undefined
  must(welcome == null || invite.payload.data === (data == null ? undefined : hex(data)), 'the INVITE\'s data is what was shown')

  if (brought.kind === 'LINK') {
    const owner = genesis.payload.owners[0]!.first
    const person = personIdOf(unhex(owner), unhex(owner))
    must(isSame(signed[0]!.body, homeBodyOf(unhex(owner))) && brought.payload.key === inviteeKey && brought.author !== owner, 'a device\'s LINK, by a device')
    must(verify(unhex(inviteeKey), linkBytes(genesis.id, person, inviterKey), unhex(brought.payload.acceptance)), 'its acceptance')

    return brought
  }

  const info = ops.find(op => op.kind === 'INFO' && op.id === brought.payload.info)
  const { first, recovery, info: named } = brought.payload
  must(first === inviteeKey && (named == null) === (info == null), 'for this key, with the INFO that it names')
  const { name, picture } = info?.kind === 'INFO' ? info.payload : genesis.payload
  const preview = previewHashOf({ name, kind: genesis.payload.kind, ...(picture == null ? {} : { picture }), ...(genesis.payload.app == null ? {} : { app: genesis.payload.app }) })
  must(welcome == null || isSame(preview, shownHash(welcome)), 'the party is as it was shown')
  must(transcript == null || brought.payload.transcript === transcript, 'of this handshake')
  must(answer == null || (recovery ?? '') === hex(bytesOf(answer, 'recovery')), 'with the recovery key of the Answer')
  const bytes = acceptanceBytes({ genesis: genesis.id, invite: invite.id, first, ...(recovery == null ? {} : { recovery }), inviter: inviterKey, role: invite.payload.role, preview, transcript: brought.payload.transcript })
  must(verify(unhex(first), bytes, unhex(brought.payload.acceptance)), 'the acceptance in the ADMIT')

  return brought
}
