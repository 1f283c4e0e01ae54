import { useEffect, useState } from 'react'
import { Pin } from './pin.js'
import type { Invitation } from 'plus-one'

/** Four words for the phone, then the PIN. */
export function ShortCode ({ invitation }: { invitation: Invitation }) {
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
        <b>Say the four words.</b> They find this page.
        <div className="words" aria-label="Short code">{invitation.shortCode?.split('-').map(word => <span key={word}>{word}</span>) ?? 'finding a place for them…'}</div>
      </li>
      {invitation.pin !== '' && (
        <li>
          <b>When they see your name, say the PIN</b>, and not before: the words alone let nobody in.
          <Pin pin={invitation.pin} />
        </li>
      )}
    </ol>
  )
}
