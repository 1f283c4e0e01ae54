import { ristretto255 } from '@noble/curves/ed25519.js'
import { bytesToNumberLE } from '@noble/curves/utils.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { describe, expect, it } from 'vitest'
import { intermediateSessionKey } from '../../src/cpace/cpace.js'
import { calculateGenerator, DSI, scalarMult, scalarMultVfy } from '../../src/cpace/group.js'
import { generatorString, lvCat, prependLen, transcriptIr } from '../../src/cpace/strings.js'
import vectors from './vectors/cpace-draft21-ristretto255-sha512.json' with { type: 'json' }

const { strings, generator, exchange, scalar_mult_vfy: mult } = vectors
const element = ristretto255.Point.fromHex.bind(ristretto255.Point)
const number = (hex: string): bigint => bytesToNumberLE(hexToBytes(hex))

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
  })

  it('scalar_mult_vfy multiplies the valid element', () => {
    expect(bytesToHex(scalarMultVfy(number(mult.valid.s), hexToBytes(mult.valid.X)))).toBe(mult.valid.result)
  })

  it.each(mult.invalid)('scalar_mult_vfy aborts on $name', ({ s, Y }) => {
    expect(() => scalarMultVfy(number(s), hexToBytes(Y))).toThrow(expect.objectContaining({ name: 'CPaceError' }))
  })
})
