import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Answer, encodeVerdict, nameOf, refusalIn } from '../../src/meeting/greeting.js'
import { isAtLeast, ROLES } from '../../src/index.js'

const [PARTY, OPENER, LISTENER] = ['11', '22', '33'].map(digits => digits.repeat(32)) as [string, string, string]

describe('A guarded stream\'s first frame', () => {
  it('is a hash of 114 bytes: label, party, opener, listener', () => {
    const bytes = concatBytes(utf8ToBytes('plus-one-stream/1\0'), new Uint8Array(32).fill(0x11), new Uint8Array(32).fill(0x22), new Uint8Array(32).fill(0x33))
    expect(bytes).toHaveLength(114)
    expect(bytesToHex(nameOf(PARTY, OPENER, LISTENER))).toBe(bytesToHex(sha256(bytes)))
  })

  it('is another one for each party, and for each direction', () => {
    const names = [[PARTY, OPENER, LISTENER], [PARTY, LISTENER, OPENER], [OPENER, PARTY, LISTENER]] as const
    expect(new Set(names.map(([party, opener, listener]) => bytesToHex(nameOf(party, opener, listener)))).size).toBe(3)
  })
})

describe('Its answer', () => {
  it('is told as what it is', () => {
    expect([...encodeVerdict({ is: Answer.YES })]).toEqual([1, 0])
    expect([...encodeVerdict({ is: Answer.ROLE_TOO_LOW, needed: 'writer' })]).toEqual([2, 2, 2])
    expect(refusalIn(encodeVerdict({ is: Answer.YES }).subarray(1), '/notes')).toBeUndefined()
    expect(refusalIn(encodeVerdict({ is: Answer.NOT_A_MEMBER }).subarray(1), '/notes')).toMatchObject({ name: 'NotMemberError' })
    expect(refusalIn(encodeVerdict({ is: Answer.NOT_SERVED }).subarray(1), '/notes')).toMatchObject({ name: 'UnsupportedProtocolError' })
    ROLES.forEach((needed) => { expect(refusalIn(encodeVerdict({ is: Answer.ROLE_TOO_LOW, needed }).subarray(1), '/notes')).toMatchObject({ name: 'RoleTooLowError', needed }) })
  })

  it('is yes for one byte alone, whatever came', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 4 }), (answer) => {
      expect(refusalIn(answer, '/notes') == null).toBe(answer.length === 1 && answer[0] === 0)
    }))
  })
})

describe('Roles', () => {
  it('are in order, and who is not a member is below all', () => {
    expect(ROLES.map(role => ROLES.filter(least => isAtLeast(role, least)).length)).toEqual([4, 3, 2, 1])
    expect(ROLES.some(least => isAtLeast(undefined, least))).toBe(false)
  })
})
