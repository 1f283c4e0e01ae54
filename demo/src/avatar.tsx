import { nameOf } from 'plus-one/elements'
import type { Member } from 'plus-one'

/** A round mark with somebody's initials, in a colour of their key: two of one name are told apart. */
export function Avatar ({ member }: { member: Pick<Member, 'peerId' | 'profile'> }) {
  return <span className="avatar" style={{ '--hue': hueOf(member) } as React.CSSProperties} aria-hidden="true">{initialsOf(nameOf(member))}</span>
}

/** Of the first word and the last one, as people read them: an emoji is one character. */
export function initialsOf (name: string): string {
  const words = name.trim().split(/[\s.…_-]+/u).filter(word => word !== '')
  const first = (word: string): string => [...new Intl.Segmenter().segment(word)][0]?.segment ?? ''

  return [...new Set([words[0] ?? '', words.at(-1) ?? ''])].map(first).join('').toUpperCase()
}

function hueOf ({ peerId }: Pick<Member, 'peerId'>): number {
  return [...peerId.toString()].reduce((sum, character) => (sum * 31 + (character.codePointAt(0) ?? 0)) % 360, 7)
}
