import { useBusy } from './busy.js'
import { beAnother, useHere } from './profile.js'

/** Another tab has this person, or took it over. */
export function Elsewhere ({ name }: { name: string }) {
  const { busy, problem, run } = useBusy()

  return (
    <main id="main">
      <h1>plus-one is open in another tab</h1>
      <p className="lead">One tab at a time speaks for you: go on in the other one, or here.</p>
      <div className="row">
        <button className="primary" autoFocus disabled={busy} onClick={() => { run(async () => useHere(name), () => {}) }}>{busy ? 'Taking over…' : 'Use here'}</button>
        <button disabled={busy} onClick={beAnother}>Be another person in this tab</button>
      </div>
      {problem != null && <p role="alert" className="problem">{problem.message}.</p>}
    </main>
  )
}

/** This tab became somebody else, since the first person is in another one. */
export function SecondPerson ({ first, onDismiss }: { first: string, onDismiss: () => void }) {
  const { busy, problem, run } = useBusy()

  return (
    <aside className="second" aria-label="Second person">
      <span>This tab is a second person: you are open in another tab.</span>
      <span className="row">
        <button disabled={busy} onClick={() => { run(async () => useHere(first), () => {}) }}>{busy ? 'Taking over…' : 'Use here'}</button>
        <button aria-label="Dismiss" onClick={onDismiss}>✕</button>
      </span>
      {problem != null && <p role="alert" className="problem">{problem.message}.</p>}
    </aside>
  )
}
