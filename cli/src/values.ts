/** One option's value, read: each throws a UsageError that says what it takes. Pure. */
import { multiaddr } from '@multiformats/multiaddr'
import { createLink, DEFAULT_PIN, isPinShape, MAX_REASON } from 'plus-one'
import { parseExpiration } from './duration.js'
import { UsageError } from './exit.js'
import type { PartyChoice } from './command.js'
import type { PinShape } from 'plus-one'

export function addressOf (option: string, text: string): string {
  try {
    return multiaddr(text).toString()
  } catch {
    throw new UsageError(`--${option} takes a multiaddr, as /ip4/0.0.0.0/tcp/4001 or /dns4/relay.example/tcp/443/wss, not ${JSON.stringify(text)}`)
  }
}

/** @param label - What takes it: `--role`, or `ROLE` */
export function oneOf <T extends string> (label: string, choices: readonly T[], text: string): T {
  const found = choices.find(choice => choice === text)

  if (found == null) {
    throw new UsageError(`${label} is one of ${choices.join(', ')}, not ${JSON.stringify(text)}`)
  }

  return found
}

export function wholeNumber (option: string, text: string, min: number, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN

  if (!(value >= min && value <= max)) {
    throw new UsageError(`--${option} is a whole number from ${min} to ${max}, not ${JSON.stringify(text)}`)
  }

  return value
}

/** @param asks - The message where it is missing */
export function required <T extends string> (word: T | undefined, asks: string): T {
  if (word == null || word === '') {
    throw new UsageError(asks)
  }

  return word
}

export function partyOf ({ party, name }: { party?: string, name?: string }): PartyChoice {
  if (party != null && name != null) {
    throw new UsageError('Choose the party by --party or by --name, not both')
  }

  return { party, partyName: name }
}

export function expirationOf (text: string, now: number): number | 'never' {
  const expiration = parseExpiration(text, now)

  if (expiration == null) {
    throw new UsageError(`--expires is a time from now (10m, 1h30m, 2d), a date (2030-12-01T18:00) or never, not ${JSON.stringify(text)}`)
  }

  if (expiration !== 'never' && expiration <= now) {
    throw new UsageError(`--expires ${text} is past`)
  }

  return expiration
}

/** Says nothing of what was typed: it may be a PIN. */
export function pinOf ({ length, alphabet, none }: { length?: string, alphabet?: string, none?: boolean }): Partial<PinShape> | false | undefined {
  if (none === true) {
    if (length != null || alphabet != null) {
      throw new UsageError('--no-pin goes with no other option about the PIN')
    }

    return false
  }

  if (length == null && alphabet == null) {
    return undefined
  }

  const shape: Partial<PinShape> = { ...(length == null ? {} : { length: /^\d{1,2}$/.test(length) ? Number(length) : 0 }), ...(alphabet == null ? {} : { alphabet }) }

  if (!isPinShape({ ...DEFAULT_PIN, ...shape })) {
    throw new UsageError(shape.length != null && !(shape.length >= 4 && shape.length <= 32)
      ? '--pin is how many characters the PIN has, from 4 to 32; the PIN itself is drawn, never given'
      : '--pin-alphabet is 2 to 64 different characters, all capitals or all small, as ABCDEFGHJKMNPQRSTVWXYZ')
  }

  return shape
}

export function linkOf (base: string): string {
  try {
    createLink('', base)
  } catch (err) {
    throw new UsageError(`--link: ${(err as Error).message}`)
  }

  return base
}

export function reasonOf (reason: string): string {
  if (Buffer.byteLength(reason) > MAX_REASON) {
    throw new UsageError(`--reason has at most ${MAX_REASON} bytes`)
  }

  return reason
}
