import { useState } from 'react'

interface Busy {
  busy: boolean
  /** What was wrong with the last call. */
  problem?: Error
  run: (what: () => Promise<unknown>, done: () => void) => void
  forget: () => void
}

/** One call at a time, and what was wrong with it. */
export function useBusy (): Busy {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Error>()

  const run = (what: () => Promise<unknown>, done: () => void): void => {
    setBusy(true)
    setProblem(undefined)
    what().then(() => { setBusy(false); done() }, (err: Error) => { setBusy(false); setProblem(err) })
  }

  return { busy, problem, run, forget: () => { setProblem(undefined) } }
}
