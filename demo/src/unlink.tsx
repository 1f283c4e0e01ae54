import { useEffect, useRef, useState } from 'react'
import { usePerson } from 'plus-one/react'
import { deviceName } from './devices.js'
import { partyName } from './people.js'
import type { Device, Party, Unlinking } from 'plus-one'

/** What unlinking a device would do; then it, in one step, with the recovery words where it takes them. */
export function Unlink ({ device, words: given, onDone, onCancel }: { device: Device, words?: string, onDone: () => void, onCancel: () => void }) {
  const person = usePerson()
  const [words, setWords] = useState(given ?? '')
  const [plan, setPlan] = useState<Unlinking>()
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)
  const heading = useRef<HTMLHeadingElement>(null)
  const { peerId } = device
  useEffect(() => { heading.current?.focus() }, [])

  // with the words it may be another plan: typed to the end, they are tried
  const typed = words.trim().split(/[\s,-]+/).length === 12 ? words : undefined

  useEffect(() => {
    const controller = new AbortController()
    const { signal } = controller
    setProblem(undefined)
    person.tryUnlink(peerId, { words: typed, signal }).then(
      (plan) => { if (!signal.aborted) setPlan(plan) },
      (err: Error) => { if (!signal.aborted) setProblem(err.message) }
    )

    return () => { controller.abort() }
  }, [person, peerId, typed])

  const asksForWords = given == null && plan != null && (typed != null || plan.needsWords.length > 0 || plan.parties.length === 0)

  return (
    <form
      className="bare unlink"
      aria-labelledby="unlink"
      onSubmit={(event) => {
        event.preventDefault()
        setBusy(true)
        setProblem(undefined)
        person.unlink(peerId, { words: typed }).then(onDone, (err: Error) => { setBusy(false); setProblem(err.message) })
      }}
    >
      <h3 id="unlink" tabIndex={-1} ref={heading}>Unlink {deviceName(device)}?</h3>
      <p>It is not you any more: what it does from now on does not count. It keeps what it has received.</p>
      {plan == null && problem == null && <p role="status">Looking…</p>}
      {plan != null && (
        <dl>
          {plan.parties.length > 0 && <><dt>Unlinked from</dt><dd>{namesOf(plan.parties)}</dd></>}
          {plan.needsWords.length > 0 && <><dt>Needs your words in</dt><dd>{namesOf(plan.needsWords)}</dd></>}
          {plan.voided.length > 0 && <><dt>No longer counts</dt><dd>{plan.voided.map(({ id, kind, party }) => <span key={id} className="line">{VOIDED[kind] ?? 'an entry'} in {partyName(party)}</span>)}</dd></>}
        </dl>
      )}
      {asksForWords && (
        <>
          <label htmlFor="unlink-words">Your 12 recovery words{plan.parties.length > 0 && typed == null ? ', to unlink it everywhere' : ''}</label>
          <textarea id="unlink-words" rows={3} autoComplete="off" autoCapitalize="off" spellCheck={false} value={words} onChange={({ target }) => { setWords(target.value) }} />
        </>
      )}
      {problem != null && <p role="alert" className="problem">{problem}.</p>}
      <div className="row">
        <button className="danger" disabled={busy || plan == null || problem != null || plan.parties.length === 0}>{busy ? 'Unlinking…' : 'Unlink'}</button>
        <button type="button" disabled={busy} onClick={onCancel}>Cancel</button>
      </div>
    </form>
  )
}

/** What loses its effect, as people know it. */
const VOIDED: Partial<Record<Unlinking['voided'][number]['kind'], string>> = {
  ADMIT: 'a member who joined',
  INVITE: 'an invitation',
  SET_ROLE: 'a changed role',
  REMOVE: 'a removal',
  REVOKE: 'a cancelled invitation',
  LINK: 'a linked device',
  UNLINK: 'an unlinked device',
  LEAVE: 'a leave',
  READOPT: 'a member who was let in again',
  INFO: 'a new name'
}

function namesOf (parties: readonly Party[]): string {
  return parties.map(partyName).join(', ')
}
