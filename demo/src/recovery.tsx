import { useState } from 'react'
import { usePerson, useRecovery } from 'plus-one/react'
import { Heading } from './heading.js'

/** The recovery words: shown when asked for, two of them asked back, then gone. */
export function RecoveryPage ({ onDone }: { onDone: () => void }) {
  const { isConfirmed, words, error, show, hide } = useRecovery()
  const [isWritten, setWritten] = useState(false)

  return (
    <>
      <Heading>Recovery words</Heading>
      <p className="lead">12 words on paper bring you back when all your devices are lost, and shut out who stole one.</p>
      {isConfirmed
        ? (
            <section>
              <p><b>Nothing to do.</b> You have written the words down, here or on the device that made them. They are on no device any more: keep the paper safe.</p>
              <Backup />
              <div className="row"><button className="primary" onClick={onDone}>Done</button></div>
            </section>
          )
        : isWritten
          ? <Confirm onBack={() => { setWritten(false) }} />
          : words == null
            ? (
                <section>
                  <ol className="steps">
                    <li>Take pen and paper. Be sure that nobody looks over your shoulder.</li>
                    <li>Write the 12 words down, in their order.</li>
                    <li>Two of them are asked for. Then this device forgets them.</li>
                  </ol>
                  {error != null && <p role="alert" className="problem">{error.message}.</p>}
                  <div className="row">
                    <button className="primary" onClick={() => { show().catch(() => {}) }}>Show the words</button>
                    <button onClick={onDone}>Later</button>
                  </div>
                </section>
              )
            : (
                <section>
                  <ol className="twelve" aria-label="Recovery words">{words.map((word, i) => <li key={i}>{word}</li>)}</ol>
                  <p className="hint">Whoever has these words is you. Take no picture of them, and type them nowhere but here.</p>
                  <div className="row">
                    <button className="primary" onClick={() => { hide(); setWritten(true) }}>I wrote them down</button>
                    <button onClick={hide}>Hide</button>
                  </div>
                </section>
              )}
    </>
  )
}

/** Two of them, by their places: then they are wiped. */
function Confirm ({ onBack }: { onBack: () => void }) {
  const { asked = [1, 2], error, confirm } = useRecovery()
  const [typed, setTyped] = useState<[string, string]>(['', ''])
  const isFull = typed.every(word => word.trim() !== '')

  return (
    <form onSubmit={(event) => { event.preventDefault(); confirm(typed).catch(() => {}) }}>
      <h2>Look at your paper</h2>
      {asked.map((place, i) => (
        <p key={place}>
          <label htmlFor={`word-${i}`}>Word {place}</label>
          <input id={`word-${i}`} autoFocus={i === 0} autoComplete="off" autoCapitalize="off" spellCheck={false} value={typed[i]} onChange={({ target }) => { setTyped(i === 0 ? [target.value, typed[1]] : [typed[0], target.value]) }} />
        </p>
      ))}
      {error != null && <p role="alert" className="problem">{error.message}.</p>}
      <div className="row">
        <button className="primary" disabled={!isFull}>Continue</button>
        <button type="button" onClick={onBack}>Show them again</button>
      </div>
    </form>
  )
}

/** A file that the words open: for a recovery without a code. */
function Backup () {
  const person = usePerson()
  const [problem, setProblem] = useState<string>()

  const save = async (): Promise<void> => {
    const link = document.createElement('a')
    link.href = URL.createObjectURL(new Blob([await person.backup() as Uint8Array<ArrayBuffer>]))
    link.download = 'plus-one.backup'
    link.click()
    URL.revokeObjectURL(link.href)
  }

  return (
    <>
      <p className="hint">With a backup you need no invitation code to come back. It is sealed to your words: save one now and then, wherever you like.</p>
      <p><button onClick={() => { setProblem(undefined); save().catch((err: Error) => { setProblem(err.message) }) }}>Save a backup</button></p>
      {problem != null && <p role="alert" className="problem">{problem}.</p>}
    </>
  )
}
