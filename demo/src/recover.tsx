import { useEffect, useRef, useState } from 'react'
import { useDevices, usePartiesService } from 'plus-one/react'
import { DeviceList } from './devices.js'
import { Heading } from './heading.js'
import { suggestedDeviceName } from './me.js'
import { useOnline } from './online.js'
import { partyName } from './people.js'
import type { Party, Recovered, RecoverProgress } from 'plus-one'

interface Given {
  words: string
  code: string
  backup?: File
}

/**
 * An empty device, 12 words, and whom to ask: then all parties again, and the old devices to unlink.
 *
 * @param onBack - Called with what the person calls itself
 */
export function RecoverPage ({ all, onBack, onDone }: { all: readonly Party[], onBack: (name: string) => void, onDone: () => void }) {
  const parties = usePartiesService()
  const [words, setWords] = useState('')
  const [progress, setProgress] = useState<RecoverProgress>()
  const [recovered, setRecovered] = useState<Recovered>()
  const [problem, setProblem] = useState<string>()
  const running = useRef<AbortController>(undefined)
  const [busy, setBusy] = useState(false)

  useEffect(() => () => { running.current?.abort() }, [])

  const recover = async ({ words, code, backup }: Given): Promise<void> => {
    const { signal } = running.current = new AbortController()
    setBusy(true)
    setProblem(undefined)
    setWords(words)

    try {
      const file = backup == null ? undefined : new Uint8Array(await backup.arrayBuffer())
      const recovered = await parties.recover(words, { ...code.trim() === '' ? {} : { code }, backup: file, signal, onProgress: setProgress })
      parties.person.setDeviceName(suggestedDeviceName()).catch(() => {})
      onBack(recovered.parties.flatMap(({ members }) => members).find(({ self, profile }) => self && profile.displayName != null)?.profile.displayName ?? '')
      setRecovered(recovered)
    } catch (err) {
      if (!signal.aborted) {
        setProblem((err as Error).message)
      }
    }

    setBusy(false)
    setProgress(undefined)
  }

  return (
    <>
      <Heading key={recovered == null ? 'ask' : 'back'}>{recovered == null ? 'Recover with your words' : 'You are back'}</Heading>
      {recovered == null
        ? <RecoverForm busy={busy} progress={progress} problem={problem} onRecover={(given) => { recover(given).catch(() => {}) }} onCancel={() => { running.current?.abort(); onDone() }} />
        : <Back recovered={recovered} words={words} all={all} onDone={onDone} />}
    </>
  )
}

function RecoverForm ({ busy, progress, problem, onRecover, onCancel }: { busy: boolean, progress?: RecoverProgress, problem?: string, onRecover: (given: Given) => void, onCancel: () => void }) {
  const online = useOnline()
  const [words, setWords] = useState('')
  const [code, setCode] = useState('')
  const [backup, setBackup] = useState<File>()

  return (
    <form onSubmit={(event) => { event.preventDefault(); onRecover({ words, code, backup }) }}>
      <p className="lead">This browser becomes a device of yours again, in all parties that are found. Nobody is asked for a PIN.</p>
      <p>
        <label htmlFor="recover-words">Your 12 recovery words</label>
        <textarea id="recover-words" rows={3} autoComplete="off" autoCapitalize="off" spellCheck={false} disabled={busy} value={words} onChange={({ target }) => { setWords(target.value) }} />
      </p>
      <p>
        <label htmlFor="recover-code">An invitation link or code into any of your parties: ask a member for one</label>
        <input id="recover-code" autoComplete="off" autoCapitalize="off" spellCheck={false} disabled={busy} value={code} onChange={({ target }) => { setCode(target.value) }} />
      </p>
      <p>
        <label htmlFor="recover-backup">Or a backup</label>
        <input id="recover-backup" type="file" disabled={busy} onChange={({ target }) => { setBackup(target.files?.[0]) }} />
      </p>
      <p role="status" className="hint">{busy ? sentence(progress) : ''}</p>
      {problem != null && <p role="alert" className="problem">{problem}.</p>}
      <div className="row">
        <button className="primary" disabled={busy || !online || words.trim() === '' || (code.trim() === '' && backup == null)}>{online ? problem == null ? 'Recover' : 'Try again' : 'Waiting for the relay…'}</button>
        <button type="button" onClick={onCancel}>Cancel</button>
      </div>
    </form>
  )
}

/** What came, and the old devices: whoever has them is shut out now. */
function Back ({ recovered: { parties, left, missing }, words, all, onDone }: { recovered: Recovered, words: string, all: readonly Party[], onDone: () => void }) {
  const others = useDevices().filter(({ self }) => !self)

  return (
    <>
      <section aria-labelledby="back">
        <h2 id="back">Your parties</h2>
        <ul className="plain">{parties.map(({ key, name }) => <li key={key} dir="auto">{partyName({ name })}</li>)}</ul>
        {left.length > 0 && <p>You have left {left.map(partyName).join(', ')}.</p>}
        {missing.length > 0 && <p>{missing.length} {missing.length === 1 ? 'party' : 'parties'} could not be found: ask another member for a code, and recover again.</p>}
      </section>
      {others.length > 0 && <p>Lost a device, or was it stolen? Unlink it now. Wait until you are online with others: what it did that is not here yet is lost.</p>}
      <DeviceList all={all} words={words} />
      <p><button className="primary" onClick={onDone}>Done</button></p>
    </>
  )
}

function sentence (progress: RecoverProgress | undefined): string {
  switch (progress?.type) {
    case 'finding': return 'Finding a member…'
    case 'dialing': return 'Dialing a member…'
    case 'proved': return `A member knows you, in ${progress.parties} ${progress.parties === 1 ? 'party' : 'parties'}.`
    case 'receiving': return `${partyName(progress)}: ${progress.done} of ${progress.all} entries…`
    case 'linked': return `You are back in ${partyName(progress)}.`
    default: return 'Looking for a member…'
  }
}
