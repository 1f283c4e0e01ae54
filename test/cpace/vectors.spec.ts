import { ristretto255 } from '@noble/curves/ed25519.js'
import { bytesToNumberLE } from '@noble/curves/utils.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { describe, expect, it } from 'vitest'
import { CPaceInitiator, CPaceResponder, intermediateSessionKey } from '../../src/cpace/cpace.js'
import { calculateGenerator, DSI, scalarMult, scalarMultVfy } from '../../src/cpace/group.js'
import { generatorString, lvCat, prependLen, transcriptIr } from '../../src/cpace/strings.js'
import vectors from './vectors/cpace-draft21-ristretto255-sha512.json' with { type: 'json' }

const { strings, generator, exchange, scalar_mult_vfy: mult } = vectors
const LABEL_OC = utf8ToBytes('oc')
const element = ristretto255.Point.fromHex.bind(ristretto255.Point)
const number = (hex: string): bigint => bytesToNumberLE(hexToBytes(hex))

/** A random source that makes the side draw this scalar. */
const drawing = (scalar: string) => (bytes: number): Uint8Array => concatBytes(hexToBytes(scalar), new Uint8Array(bytes - 32))

/** lexicographically_larger (appendix A.3.1); the symmetric setting, which plus-one does not use, is checked here alone. */
function lexicographicallyLarger (a: Uint8Array, b: Uint8Array): boolean {
  const at = a.findIndex((byte, i) => byte !== b[i])

  return at >= 0 && (at >= b.length || (a[at] ?? 0) > (b[at] ?? 0))
}

/** o_cat (appendix A.3.2) */
function oCat (a: Uint8Array, b: Uint8Array): Uint8Array {
  return concatBytes(LABEL_OC, ...(lexicographicallyLarger(a, b) ? [a, b] : [b, a]))
}

/** transcript_oc (appendix A.3.6) */
function transcriptOc (ya: Uint8Array, ada: Uint8Array, yb: Uint8Array, adb: Uint8Array): Uint8Array {
  return oCat(lvCat(ya, ada), lvCat(yb, adb))
}

describe('The official vectors of draft-irtf-cfrg-cpace-21', () => {
  it.each(strings.prepend_len)('prepend_len gives $out', ({ in: data, out }) => {
    expect(bytesToHex(prependLen(hexToBytes(data)))).toBe(out)
  })

  it.each(strings.lv_cat)('lv_cat gives $out', ({ in: parts, out }) => {
    expect(bytesToHex(lvCat(...parts.map(part => hexToBytes(part))))).toBe(out)
  })

  it.each(strings.transcript_ir)('transcript_ir gives $out', ({ Ya, ADa, Yb, ADb, out }) => {
    expect(bytesToHex(transcriptIr(hexToBytes(Ya), hexToBytes(ADa), hexToBytes(Yb), hexToBytes(ADb)))).toBe(out)
  })

  it.each(strings.lexicographically_larger)('$a is lexicographically larger than $b: $result', ({ a, b, result }) => {
    expect(lexicographicallyLarger(hexToBytes(a), hexToBytes(b))).toBe(result)
  })

  it.each(strings.o_cat)('o_cat gives $out', ({ in: [a = '', b = ''], out }) => {
    expect(bytesToHex(oCat(hexToBytes(a), hexToBytes(b)))).toBe(out)
  })

  it.each(strings.transcript_oc)('transcript_oc gives $out', ({ Ya, ADa, Yb, ADb, out }) => {
    expect(bytesToHex(transcriptOc(hexToBytes(Ya), hexToBytes(ADa), hexToBytes(Yb), hexToBytes(ADb)))).toBe(out)
  })

  it('the generator string, its hash and the generator agree', () => {
    const [prs, ci, sid] = [hexToBytes(generator.PRS), hexToBytes(generator.CI), hexToBytes(generator.sid)]
    const string = generatorString(DSI, prs, ci, sid, generator.s_in_bytes)

    expect(bytesToHex(DSI)).toBe(generator.DSI)
    expect(bytesToHex(string)).toBe(generator.generator_string)
    expect(bytesToHex(sha512(string))).toBe(generator.hash_result)
    expect(calculateGenerator(prs, ci, sid).toHex()).toBe(generator.generator)
  })

  it('Ya, Yb, K and ISK agree, from either side', () => {
    const g = element(exchange.g)
    const [ya, yb] = [number(exchange.ya), number(exchange.yb)]
    const [Ya, Yb] = [hexToBytes(exchange.Ya), hexToBytes(exchange.Yb)]

    expect(bytesToHex(scalarMult(ya, g))).toBe(exchange.Ya)
    expect(bytesToHex(scalarMult(yb, g))).toBe(exchange.Yb)
    expect(bytesToHex(scalarMultVfy(ya, Yb))).toBe(exchange.K)
    expect(bytesToHex(scalarMultVfy(yb, Ya))).toBe(exchange.K)

    const transcript = transcriptIr(Ya, hexToBytes(exchange.ADa), Yb, hexToBytes(exchange.ADb))

    expect(bytesToHex(intermediateSessionKey(hexToBytes(exchange.sid), hexToBytes(exchange.K), transcript))).toBe(exchange.ISK_IR)
    expect(bytesToHex(sha512(concatBytes(utf8ToBytes('CPaceSidOutput'), transcript)))).toBe(exchange.sid_output_ir)

    const unordered = transcriptOc(Ya, hexToBytes(exchange.ADa), Yb, hexToBytes(exchange.ADb))

    expect(bytesToHex(intermediateSessionKey(hexToBytes(exchange.sid), hexToBytes(exchange.K), unordered))).toBe(exchange.ISK_SY)
    expect(bytesToHex(sha512(concatBytes(utf8ToBytes('CPaceSidOutput'), unordered)))).toBe(exchange.sid_output_oc)
  })

  it('a whole run on the vectors\' scalars sends their shares, and the tags that section 10.4 makes of their ISK', () => {
    const inputs = { prs: hexToBytes(exchange.PRS), ci: hexToBytes(exchange.CI), sid: hexToBytes(exchange.sid) }
    const [ada, adb] = [hexToBytes(exchange.ADa), hexToBytes(exchange.ADb)]
    const a = new CPaceInitiator({ ...inputs, ad: ada, random: drawing(exchange.ya) })
    const b = new CPaceResponder({ ...inputs, ad: adb, random: drawing(exchange.yb) }).respond(a.share, ada)
    const macKey = sha512(concatBytes(utf8ToBytes('CPaceMac'), inputs.sid, hexToBytes(exchange.ISK_IR)))
    const tagOf = (share: string, ad: Uint8Array): string => bytesToHex(hmac(sha512, macKey, lvCat(hexToBytes(share), ad)))

    expect(bytesToHex(a.share)).toBe(exchange.Ya)
    expect(bytesToHex(b.share)).toBe(exchange.Yb)
    expect(bytesToHex(b.tag)).toBe(tagOf(exchange.Yb, adb))
    const { tag, sessionKey } = a.confirm(b.share, adb, b.tag)
    expect(bytesToHex(tag)).toBe(tagOf(exchange.Ya, ada))
    expect(bytesToHex(sessionKey)).toBe(exchange.ISK_IR)
  })

  it('scalar_mult_vfy multiplies the valid element', () => {
    expect(bytesToHex(scalarMultVfy(number(mult.valid.s), hexToBytes(mult.valid.X)))).toBe(mult.valid.result)
  })

  it.each(mult.invalid)('scalar_mult_vfy aborts on $name', ({ s, Y }) => {
    expect(() => scalarMultVfy(number(s), hexToBytes(Y))).toThrow(expect.objectContaining({ name: 'CPaceError' }))
  })
})
