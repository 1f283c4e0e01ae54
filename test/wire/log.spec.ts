/** test/vectors/ops.json and histories.json, by docs/membership-log.md alone. */
import { describe, expect, it } from 'vitest'
import histories from '../vectors/histories.json' with { type: 'json' }
import vectors from '../vectors/ops.json' with { type: 'json' }
import { reference } from '../log/reference.js'
import { hex, unhex } from './bytes.js'
import { verify } from './ed25519.js'
import { acceptanceBytes, isSigned, linkBytes, personIdOf, previewHashOf, readOp } from './ops.js'
import type { Op } from '../log/reference-ops.js'
import type { Acceptance, Shown } from './ops.js'

const { actors, genesis, persons, acceptance, link, ops, unknown, refused, signatures } = vectors

describe('Ops, by the page alone', () => {
  it.each(ops)('$op.kind $op.id', ({ op, body, sig }) => {
    expect(readOp(unhex(body))).toEqual(op)
    expect(isSigned(op.kind === 'GENESIS' ? op.id : genesis, actors.alice.key, { body: unhex(body), sig: unhex(sig) })).toBe(true)
  })

  it.each(unknown)('only a newer plus-one can judge $body', ({ body, id }) => {
    expect(readOp(unhex(body))).toMatchObject({ id, kind: 'UNKNOWN' })
  })

  it.each(refused)('none: $why', ({ body }) => {
    expect(() => readOp(unhex(body))).toThrow(RangeError)
  })

  it('a person is its first key and its recovery key', () => {
    expect(persons.map(({ first, recovery }) => hex(unhex(personIdOf(unhex(first), recovery == null ? null : unhex(recovery)))))).toEqual(persons.map(({ id }) => id))
  })

  it('acceptances are over what was seen, and by whom', () => {
    const preview = previewHashOf(acceptance.shown as Shown)
    const bytes = acceptanceBytes({ ...acceptance as object as Acceptance, preview })
    expect([hex(preview), hex(bytes)]).toEqual([acceptance.preview, acceptance.bytes])
    expect(verify(unhex(acceptance.first), bytes, unhex(acceptance.signature))).toBe(true)

    const linked = linkBytes(link.genesis, link.person, link.linking)
    expect(hex(linked)).toBe(link.bytes)
    expect(verify(unhex(actors.laptop.key), linked, unhex(link.signature))).toBe(true)
  })

  it.each(signatures)('a signature: $what', ({ key, message, signature, holds }) => {
    expect(verify(unhex(key), unhex(message), unhex(signature))).toBe(holds)
  })
})

describe('Histories, by the rules alone', () => {
  it.each(histories.histories)('$name', (history) => {
    const signed = history.ops.map(({ body, sig }) => ({ body: unhex(body), sig: unhex(sig) }))
    const read = signed.map(({ body }) => readOp(body) as Op)
    const party = read[0]!.id
    expect(signed.filter((op, i) => !isSigned(party, read[i]!.author, op))).toEqual([])
    expect(acceptedBy(read)).toBe(true)

    const { known, persons: members, inEffect, keys, forks, info } = reference(read)
    const isLast = (id: string): boolean => [...known.values()].every(({ op }) => !op.parents.includes(id))

    expect({
      refused: read.flatMap(({ id }, i) => known.has(id) ? [] : [i]),
      members: [...members].map(([person, { role, level }]) => ({ person, role, level, keys: [...keys.get(person)!].filter(([, { class: c, stands }]) => stands && c > 0).map(([key]) => key).sort() })).sort(byPerson),
      voids: [...known.values()].filter(({ op }) => op.kind !== 'GENESIS' && !inEffect.has(op.id)).map(({ op }) => op.id).sort(),
      forked: [...new Set(forks.map(({ author }) => author))].sort(),
      heads: [...known.keys()].filter(isLast).sort(),
      info: { name: info.name, ...(info.picture == null ? {} : { picture: info.picture }) }
    }).toEqual({
      refused: history.refused,
      // the reference has one level for writers and readers, who count as one
      members: history.members.map(({ person, role, level, keys }) => ({ person, role, level: Math.min(level, 18), keys: keys.toSorted() })).sort(byPerson),
      voids: history.voids.map(({ op }) => op),
      forked: history.forked,
      heads: history.heads,
      info: history.info
    })
  })

  it('have ops that are void for each reason that there is', () => {
    expect([...new Set(histories.histories.flatMap(({ voids }) => voids.map(({ reason }) => reason)))].sort()).toEqual(
      ['above-concurrent', 'author-demoted', 'author-removed', 'author-void', 'invite-void', 'key-unlinked', 'person-above', 'revoked', 'uses'])
  })
})

function byPerson (a: { person: string }, b: { person: string }): number {
  return a.person < b.person ? -1 : 1
}

/** Did all who are brought in agree? */
function acceptedBy (ops: Op[]): boolean {
  const byId = new Map(ops.map(op => [op.id, op]))
  const [first] = ops
  const seats = ops.flatMap(op => op.kind === 'GENESIS' ? op.payload.owners : op.kind === 'ADMIT' ? [op.payload] : [])
  const personOf = ({ first: key, recovery }: { first: string, recovery?: string }): string => personIdOf(unhex(key), recovery == null ? null : unhex(recovery))

  return ops.every((op) => {
    if (op.kind === 'LINK') {
      const speaker = op.speaker ?? personOf(seats.find(seat => seat.first === op.author)!)

      return verify(unhex(op.payload.key), linkBytes(first!.id, speaker, op.author), unhex(op.payload.acceptance))
    } else if (op.kind !== 'ADMIT' || first?.kind !== 'GENESIS') {
      return true
    }

    const invite = byId.get(op.payload.invite)
    const { name, kind, picture } = first.payload
    const bytes = acceptanceBytes({
      genesis: first.id, invite: op.payload.invite, first: op.payload.first, ...(op.payload.recovery == null ? {} : { recovery: op.payload.recovery }), inviter: op.author,
      role: invite?.kind === 'INVITE' ? invite.payload.role : 'reader', preview: previewHashOf({ name, kind, ...(picture == null ? {} : { picture }) }), transcript: op.payload.transcript
    })

    return verify(unhex(op.payload.first), bytes, unhex(op.payload.acceptance))
  })
}
