import { useEffect, useState } from 'react'
import { Pin } from './pin.js'
import type { Invitation } from 'plus-one'
import type { Wording } from './wording.js'

/** Four words for the phone, then the PIN. */
export function ShortCode ({ invitation, wording: { words, wordsPin } }: { invitation: Invitation, wording: Wording }) {
  const [problem, setProblem] = useState<string>()

  useEffect(() => {
    const controller = new AbortController()
    invitation.publish({ signal: controller.signal }).then(() => { setProblem(undefined) }, (err: Error) => {
      if (!controller.signal.aborted) {
        setProblem(err.message)
      }
    })

    return () => { controller.abort() }
  }, [invitation])

  if (problem != null) {
    return <p role="alert" className="problem">{problem}.</p>
  }

  return (
    <ol className="steps">
      <li>
        <b>{words[0]}</b>{words[1]}
        <div className="words" aria-label="Short code">{invitation.shortCode?.split('-').map(word => <span key={word}>{word}</span>) ?? 'finding a place for them…'}</div>
      </li>
      {invitation.pin !== '' && (
        <li>
          <b>{wordsPin[0]}</b>{wordsPin[1]}
          <Pin pin={invitation.pin} />
        </li>
      )}
    </ol>
  )
}
