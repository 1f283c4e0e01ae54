/** The way to the inviter, told while it is gone. */
import type { Output } from './output.js'
import type { DialProgress } from 'plus-one'

const SENTENCES: Record<DialProgress['type'], string> = {
  finding: 'Finding the inviter …',
  dialing: 'Dialing the inviter …',
  connected: 'Connected …',
  contested: 'Others claim this code, too: finding out who knows its words …'
}

export function progressReporter (out: Output): (event: DialProgress) => void {
  return (event) => {
    out.event('progress', { ...event })
    out.status(SENTENCES[event.type])

    if ('address' in event) {
      out.detail(`${SENTENCES[event.type]} ${event.address.toString()}`)
    }

    if (event.type === 'contested') {
      out.line(SENTENCES.contested)
    }
  }
}
