/** Values that the library judges: each throws a UsageError that says what it takes. Loaded when there is one, so that help and completion start at once. */
import { multiaddr } from '@multiformats/multiaddr'
import { createLink, DEFAULT_PIN, isPinShape, MAX_APP_DATA, MAX_REASON } from 'plus-one'
import { UsageError } from './exit.js'
import type { PinShape } from 'plus-one'

export function addressOf (option: string, text: string): string {
  try {
    return multiaddr(text).toString()
  } catch {
    throw new UsageError(`--${option} takes a multiaddr, as /ip4/0.0.0.0/tcp/4001 or /dns4/relay.example/tcp/443/wss, not ${JSON.stringify(text)}`)
  }
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
    throw new UsageError(`--reason has at most ${MAX_REASON} bytes; shorten it`)
  }

  return reason
}

/** Bytes of a label at most: what `Party.invite` takes. */
const MAX_LABEL = 256

export function labelOf (label: string): string {
  if (Buffer.byteLength(label) > MAX_LABEL) {
    throw new UsageError(`--label has at most ${MAX_LABEL} bytes; shorten it`)
  }

  return label
}

/** What an app is told, as text. */
export function bytesOf (option: string, text: string | undefined): Uint8Array | undefined {
  const bytes = text == null ? undefined : new TextEncoder().encode(text)

  if (bytes != null && bytes.length > MAX_APP_DATA) {
    throw new UsageError(`--${option} has at most ${MAX_APP_DATA} bytes; give an id or a URL there`)
  }

  return bytes
}
