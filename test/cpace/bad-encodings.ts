/** Strings that are no ristretto255 element: RFC 9496 appendix A.2's kinds, and wrong lengths. */
const P = 2n ** 255n - 19n

function hex (value: bigint): string {
  return (value.toString(16).padStart(64, '0').match(/../g) ?? []).reverse().join('')
}

export const badEncodings: Array<[string, string]> = [
  ['the neutral element', hex(0n)],
  ['non-canonical: the prime itself', hex(P)],
  ['non-canonical: the prime and 2', hex(P + 2n)],
  ['non-canonical: 2^255 - 1', hex(2n ** 255n - 1n)],
  ['non-canonical: all ones', hex(2n ** 256n - 1n)],
  ['with its high bit set', hex(2n ** 255n + 2n)],
  ['negative: 1', hex(1n)],
  ['negative: the prime less 2', hex(P - 2n)],
  ['of s = -1', hex(P - 1n)],
  ['a non-square', '26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371'],
  ['of negative xy', '3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e'],
  ['empty', ''],
  ['31 bytes', '02'.repeat(31)],
  ['33 bytes', '02'.repeat(33)]
]
