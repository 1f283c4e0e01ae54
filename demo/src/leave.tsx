import { useState } from 'react'
import { useBusy } from './busy.js'
import { partyName } from './people.js'
import { leaving } from './watch-news.js'
import type { Party } from 'plus-one'

/** Out of one's own will; the only owner is told what that means. */
export function Leave ({ party }: { party: Party }) {
  const [asked, setAsked] = useState(false)
  const { busy, problem, run, forget } = useBusy()
  const isLastOwner = problem?.name === 'LastOwnerError'
  const close = (): void => { setAsked(false); forget() }

  return asked
    ? (
        <div className="options" role="group" aria-labelledby="leave">
          <p id="leave" role={isLastOwner ? 'alert' : undefined}>{isLastOwner ? 'You are the only owner. Make another member an owner first. If you leave all the same, nobody can make an owner or an admin any more.' : <>Leave <bdi>{partyName(party)}</bdi>, with all your devices? To come back you need a new invitation.</>}</p>
          {problem != null && !isLastOwner && <p role="alert" className="problem">{problem.message}.</p>}
          <div className="row">
            <button className="danger" disabled={busy} onClick={() => { run(async () => leave(party, isLastOwner), close) }}>{isLastOwner ? 'Leave all the same' : 'Leave'}</button>
            <button autoFocus disabled={busy} onClick={close}>Cancel</button>
          </div>
        </div>
      )
    : <p className="leave"><button onClick={() => { setAsked(true) }}>Leave…</button></p>
}

/** What this page does itself is told by its screen. */
async function leave (party: Party, insist: boolean): Promise<void> {
  leaving.add(party.key)

  try {
    await party.leave({ insist })
  } catch (err) {
    leaving.delete(party.key)
    throw err
  }
}

/** What is still here can be read, or go. */
export function Left ({ party, onForgotten }: { party: Party, onForgotten: () => void }) {
  const { busy, problem, run } = useBusy()

  return (
    <div className="options">
      <p role="status">You are not a member any more. What you have received is still on this device.</p>
      {problem != null && <p role="alert" className="problem">{problem.message}.</p>}
      <div className="row"><button disabled={busy} onClick={() => { run(async () => party.forget(), onForgotten) }}>Delete from this device</button></div>
    </div>
  )
}
