/** Links that carry a code in their fragment, which no web server sees (docs/codes.md, "Links"). */
import { InvalidCodeError } from '../errors.js'

/** The scheme of links that open an app. */
export const DEFAULT_LINK_BASE = 'plus-one://join'

/**
 * A code as a link: `https://app.example/join#CODE`, or `plus-one://join#CODE`.
 *
 * @param base - Where the link leads: a URL without a fragment and without spaces
 * @throws {InvalidCodeError} The base is no such URL.
 */
export function createLink (code: string, base: string = DEFAULT_LINK_BASE): string {
  if (!URL.canParse(base) || /[\s#]/.test(base)) {
    throw new InvalidCodeError('A link\'s base is a URL without a fragment, as https://app.example/join', 'link-base')
  }

  return `${base}#${code.toLowerCase()}`
}

/**
 * A code as a QR code's payload: all of it in the alphanumeric mode's characters
 * (ISO/IEC 18004, table 5), which take 5.5 bits each. `#` is not among them, so a
 * scheme stands in front; `parseInvitation` takes it.
 */
export function qrPayload (code: string): string {
  return `PLUS-ONE:${code}`
}
