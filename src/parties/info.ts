/** What a party is called and shown by: its limits, and what it is now. */
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { MAX_NAME, MAX_PICTURE } from '../log/terms.js'
import type { PartyInfo } from '../interface/index.js'
import type { MembershipLog } from '../log/index.js'

/** @throws {RangeError} */
export function assertInfo ({ name, picture }: PartyInfo): void {
  if (name != null && !isText(name, MAX_NAME)) {
    throw new RangeError(`A party's name has 1 to ${MAX_NAME} bytes of UTF-8; give it a shorter one, or one at all`)
  }

  if (picture != null && !isText(picture, MAX_PICTURE)) {
    throw new RangeError(`A reference to a party's picture has 1 to ${MAX_PICTURE} bytes of UTF-8; shorten it, or leave it out`)
  }
}

/** What it is called and shown by now. */
export function infoOf (log: MembershipLog): { name: string, picture: string | undefined } {
  const { name = log.name, picture } = (log.info() ?? log.genesis).payload

  return { name, picture }
}

function isText (text: unknown, most: number): boolean {
  return typeof text === 'string' && text !== '' && utf8ToBytes(text).length <= most
}
