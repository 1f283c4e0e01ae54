/** Text that somebody else chose, as a name: it is shown as one line, and changes nothing of what stands around it. */

/** Controls, line separators, what turns the direction (an isolate that ends in a name ends its `<bdi>`, too), tags, and letters that show nothing. */
const UNFIT = /[\p{Cc}\p{Zl}\p{Zp}\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e0fff}]/gu

/** Marks upon one letter: more of them are a heap that covers other lines. */
const HEAP = /(\p{M}{6})\p{M}+/gu

/** Is there anything to see? Joiners and marks alone are not. */
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u

/**
 * A name or other text of another person's, fit to stand in a sentence, a title or a notification of one's own: one
 * line, without what turns the direction or shows nothing; empty where nothing is left. Emoji keep their joiners.
 */
export function foreign (text: string): string {
  const line = text.replace(UNFIT, ' ').replace(HEAP, '$1').replace(/\s+/g, ' ').trim()

  return VISIBLE.test(line) ? line : ''
}
