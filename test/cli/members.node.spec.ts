import { PassThrough } from 'node:stream'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { findInvitation } from '../../cli/src/commands/revoke.js'
import { itemFields, itemLines } from '../../cli/src/invitation-table.js'
import { foreign, Output } from '../../cli/src/output.js'
import { findMember, memberLines, nameOf, showMembers } from '../../cli/src/members.js'
import { previewLines } from '../../cli/src/preview.js'
import { widthOf } from '../../cli/src/table.js'
import type { InvitationItem, InvitationPreview, Member, Party } from '../../src/index.js'

const NOW = Date.UTC(2030, 0, 1)
const MINUTE = 60_000

let alice: Member
let bob: Member
let eve: Member

beforeAll(async () => {
  const member = async (displayName: string | undefined, self = false): Promise<Member> => {
    const peerId = peerIdFromPrivateKey(await generateKeyPair('Ed25519'))

    return { id: peerId.toString(), peerId, devices: [peerId], role: 'writer', profile: { displayName }, self, online: true }
  }
  alice = await member('Alice', true)
  bob = await member('Bob B')
  eve = await member(undefined)
})

const end = ({ peerId }: Member): string => `…${peerId.toString().slice(-8)}`

function plain (verbose = false): Output {
  const stream = Object.assign(new PassThrough(), { isTTY: false }) as unknown as NodeJS.WriteStream

  return new Output({ json: false, verbose, stdout: stream, stderr: stream })
}

describe('A person', () => {
  it('is found by name, PeerId, its beginning or its end', () => {
    const id = bob.peerId.toString()

    for (const text of ['Bob B', 'bob b', id, id.slice(0, 20), id.slice(-4), `…${id.slice(-8)}`]) {
      expect(findMember(text, [alice, bob, eve])).toBe(bob)
    }
  })

  it('is not guessed at', () => {
    for (const text of ['Bob', '12D', bob.peerId.toString().slice(-3), '']) {
      expect(() => findMember(text, [alice, bob])).toThrow(/Nobody here/)
    }

    expect(() => findMember('12D3KooW', [alice, bob])).toThrow(/more than one: Alice \(…/)
  })

  it('is not the one who took another\'s name: then it is the key that counts', () => {
    const mallory = { ...eve, profile: { displayName: 'BOB B' } }

    expect(() => findMember('Bob B', [bob, mallory])).toThrow(/more than one/)
    expect(findMember(mallory.peerId.toString().slice(-8), [bob, mallory])).toBe(mallory)
  })

  it('has a name, and the end of a key; a name cannot command the terminal', () => {
    expect(nameOf(bob)).toBe(`Bob B (${end(bob)})`)
    expect(nameOf(eve)).toBe(`no name (${end(eve)})`)
    expect(nameOf({ ...eve, profile: { displayName: '\u001b[2JEve' } })).toMatch(/^Eve \(/)
  })
})

describe('The members of a party', () => {
  const people = (): Member[] => [alice, { ...bob, invitedBy: alice.peerId, devices: [bob.peerId, eve.peerId] }, { ...eve, role: 'owner', online: false }]

  it('are told when somebody who is out may still know the key', () => {
    const shown = (owed: boolean): string => {
      const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY: false })
      const party = { key: 'ab', name: 'Book club', kind: 'group', members: people(), epoch: { owed, history: true } } as unknown as Party
      showMembers(party, new Output({ json: false, verbose: false, stdout: stream as unknown as NodeJS.WriteStream, stderr: stream as unknown as NodeJS.WriteStream }))

      return String(stream.read())
    }

    expect(shown(true)).toContain('plus-one serve')
    expect(shown(false)).not.toContain('key')
  })

  it('are a table, names first', () => {
    expect(memberLines(people(), plain())).toEqual([
      `  Alice    writer  ${end(alice)}  you`,
      `  Bob B    writer  ${end(bob)}  online  by Alice`,
      `      device ${end(bob)}`,
      `      device ${end(eve)}`,
      `  no name  owner   ${end(eve)}`
    ])
  })

  it('have whole keys and names with --verbose, and fit 60 columns without, whatever they are called', () => {
    expect(memberLines(people(), plain(true))[1]).toBe(`  Bob B    writer  ${bob.peerId.toString()}  online  by Alice`)

    fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (displayName) => {
      const long = { ...alice, self: false, invitedBy: eve.peerId, profile: { displayName } }
      const lines = memberLines([long, { ...eve, invitedBy: alice.peerId, profile: { displayName } }], plain())
      expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(60)
      expect(memberLines([long], plain(true))[0]).toContain(foreign(displayName))
    }), { examples: [['!! ⺀￠ĀĀ🈂⺀']] })
  })
})

describe('A preview', () => {
  const preview = (terms: Partial<InvitationPreview>): string => previewLines({
    party: { key: 'ab', name: 'Book club', kind: 'group' }, memberCount: 2, inviter: alice, role: 'writer', attemptsLeft: 3, pin: { length: 6, alphabet: '0123456789' }, approval: false, ...terms
  }, NOW, plain()).join('\n')

  it('says what will be asked', () => {
    expect(preview({})).toContain(`inviter   Alice (${end(alice)})\n`)
    expect(preview({})).toMatch(/PIN +6 digits\n +attempts +3 left$/)
    expect(preview({ pin: { length: 8, alphabet: 'ABCDEF' } })).toContain('8 characters')
    expect(preview({ pin: false })).toMatch(/PIN +none is needed$/)
    expect(preview({ approval: true })).toContain('then says yes or no')
    expect(preview({ data: new TextEncoder().encode('page\u0007 7') })).toMatch(/data +page 7\n/)
    expect(preview({ party: { key: 'ab', name: 'Book club', kind: 'group', app: Uint8Array.of(255, 0) } })).toMatch(/app +2 bytes\n/)
  })
})

describe('The list of invitations', () => {
  const item = (terms: Partial<InvitationItem> = {}): InvitationItem => ({
    id: '3fa9'.repeat(16), partyKey: 'ab', kind: 'group', status: 'pending', role: 'writer', code: 'SECRET', createdBy: alice.peerId, createdAt: NOW - 5 * MINUTE, expiresAt: NOW + 55 * MINUTE, uses: 1, usedBy: [], attemptsLeft: 3, ...terms
  })

  it('is a table, by names where they are known', () => {
    const lines = itemLines([
      item(),
      item({ id: 'b'.repeat(64), status: 'used', createdBy: bob.peerId, uses: 2, usedBy: [{ peerId: eve.peerId, at: NOW }], attemptsLeft: undefined }),
      item({ id: 'c'.repeat(64), status: 'declined', target: bob.peerId, reason: 'No\u0007 time' }),
      item({ id: 'd'.repeat(64), expiresAt: undefined, attemptsLeft: 1 }),
      item({ id: 'e'.repeat(64), label: 'for\u0007 Eve' }),
      item({ id: 'f'.repeat(64), label: 'for Eve', status: 'used', usedBy: [{ peerId: bob.peerId, at: NOW }] })
    ], [alice, bob, eve], NOW, plain())

    expect(lines).toEqual([
      'FOR        STATUS    ROLE    USED  LEFT     ID',
      'anyone     pending   writer  0/1   55 min   3fa93fa9',
      `${end(eve)}  used      writer  1/2            bbbbbbbb`,
      '  by Bob B',
      'Bob B      declined  writer  0/1            cccccccc',
      '  "No time"',
      'anyone     pending   writer  0/1   forever  dddddddd',
      '  1 wrong PIN left',
      'for Eve    pending   writer  0/1   55 min   eeeeeeee',
      'Bob B      used      writer  1/1            ffffffff',
      '  for Eve'
    ])
  })

  it('fits 60 columns, and says all with --verbose', () => {
    const many = item({ uses: 10_000, usedBy: [alice, bob, eve].map(({ peerId }) => ({ peerId, at: NOW })), status: 'declined', createdBy: bob.peerId, reason: 'No time, '.repeat(20) })
    const far = item({ uses: 10_000, expiresAt: NOW + 400 * 24 * 60 * MINUTE, target: bob.peerId })
    expect(Math.max(...itemLines([many, far], [alice, bob, eve], NOW, plain()).map(line => widthOf(`  ${line}`)))).toBeLessThanOrEqual(60)
    expect(itemLines([many], [alice, bob, eve], NOW, plain(true)).slice(1)).toEqual([
      `you, Bob B, ${eve.peerId.toString()}  declined  writer  3/10000        ${many.id}`,
      `  by Bob B, made 5 minutes ago, "${'No time, '.repeat(20).trim()}"`
    ])
  })

  it('shows no code to scripts either', () => {
    expect(JSON.stringify(itemFields(item()))).not.toContain('SECRET')
  })

  it('is searched to its last page for the beginning of an id, which must be one\'s alone', () => {
    const pages = ['3f', '3a', '4b'].map((start, i, all) => ({ items: [item({ id: start.padEnd(64, '0') })], nextCursor: i + 1 < all.length ? String(i + 1) : undefined }))
    const party = { invitations: { list: ({ cursor = '0' }) => pages[Number(cursor)] } } as unknown as Party

    expect(findInvitation('4', [party]).item.id).toMatch(/^4b/)
    expect(() => findInvitation('3', [party])).toThrow(/2 invitations have an id that begins so: 3f000, 3a000; type more/)
    expect(() => findInvitation('5', [party])).toThrow(/No invitation here/)
  })
})
