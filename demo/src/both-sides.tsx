/** Both sides of a handshake on one page: two nodes in memory, and what passes between them. */
import { PartiesProvider, useInvitation, useInvitationRedeemer, useMembers } from 'plus-one/react'
import { StrictMode, useEffect, useRef, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { createNetwork } from '../../src/testing/index.js'
import { watch } from './watch.js'
import type { Message } from './watch.js'
import type { TestNode } from '../../src/testing/index.js'
import './style.css'
import './both-sides.css'

/** What each message is for (docs/handshake.md, "Frames"). */
const MEANING: Record<string, string> = {
  KNOCK: 'I hold the code. Who are you?',
  WELCOME: 'This is the party, and my half of the key exchange.',
  ANSWER: 'My half, and proof that I know the PIN.',
  GRANT: 'My proof, and your signed entry in the membership log.',
  ACK: 'Checked and stored.',
  RETRY: 'That was not the PIN; a fresh half for the next try.',
  DECLINE: 'No.',
  CANCEL: 'Never mind.',
  REFUSAL: 'This invitation has ended.'
}

interface Sides {
  alice: TestNode
  bob: TestNode
  partyKey: string
}

type Listen = (listener: (message: Message) => void) => () => void

function Alice ({ partyKey, onCode }: { partyKey: string, onCode: (code: string | undefined) => void }) {
  const [code, pin, { status, attemptsLeft, renew }] = useInvitation(partyKey, { role: 'writer' })
  useEffect(() => { onCode(code) }, [code, onCode])

  return (
    <section aria-labelledby="alice">
      <h2 id="alice">Alice invites</h2>
      {pin != null && <p>PIN <b className="pin" aria-label={`PIN ${[...pin].join(' ')}`}>{pin.slice(0, 3)} {pin.slice(3)}</b></p>}
      <p role="status">Invitation: {status ?? 'being made'}{status === 'pending' && `, ${attemptsLeft} attempts left`}</p>
      {status != null && status !== 'pending' && <button className="primary" onClick={renew}>New invitation</button>}
      <Members partyKey={partyKey} />
    </section>
  )
}

function Bob ({ code }: { code: string | undefined }) {
  const [typed, setTyped] = useState('')
  const [redeemCode, setPin, { state, preview, error, party, reset }] = useInvitationRedeemer()
  useEffect(() => { reset() }, [code, reset])

  return (
    <section aria-labelledby="bob">
      <h2 id="bob">Bob joins</h2>
      {party == null && (state === 'pin-required' || state === 'authenticating'
        ? (
            <form className="bare" onSubmit={(event) => { event.preventDefault(); setPin(typed).catch(() => {}); setTyped('') }}>
              <label htmlFor="pin">Join <b>{preview?.party.name}</b>: type Alice’s PIN, or a wrong one</label>
              <div className="row">
                <input id="pin" inputMode="numeric" autoComplete="off" value={typed} onChange={({ target }) => { setTyped(target.value) }} />
                <button className="primary" disabled={typed.replace(/\D/g, '').length !== 6}>Join</button>
              </div>
            </form>
          )
        : <button className="primary" disabled={code == null} onClick={() => { if (code != null) redeemCode(code) }}>Use Alice’s code</button>)}
      <p role="status" className={error == null ? '' : 'problem'}>{error?.message ?? (party == null ? '' : `Bob is in ${party.name}.`)}</p>
      {party != null && <Members partyKey={party.key} />}
    </section>
  )
}

function Members ({ partyKey }: { partyKey: string }) {
  return (
    <ul className="members" aria-label="Members">
      {useMembers(partyKey).map(({ peerId, role, profile }) => <li key={peerId.toString()}>{profile.displayName ?? `…${peerId.toString().slice(-6)}`}<span className="role">{role}</span></li>)}
    </ul>
  )
}

function Timeline ({ listen }: { listen: Listen }) {
  const [messages, setMessages] = useState<Message[]>([])
  const end = useRef<HTMLOListElement>(null)
  useEffect(() => listen(message => { setMessages(before => [...before, message]) }), [listen])
  useEffect(() => { end.current?.lastElementChild?.scrollIntoView({ block: 'nearest' }) }, [messages])

  return (
    <section aria-labelledby="timeline">
      <h2 id="timeline">What passes between them</h2>
      {messages.length === 0 && <p className="lead">Nothing yet: let Bob use the code.</p>}
      <ol className="timeline" aria-live="polite" ref={end}>
        {messages.map(({ from, name, bytes }, i) => (
          <li key={i} className={from}>
            <b>{from === 'alice' ? '' : '← '}{name}{from === 'alice' ? ' →' : ''}</b> <small>{bytes} bytes</small>
            <span>{from === 'alice' ? 'Alice' : 'Bob'}: {MEANING[name] ?? ''}</span>
          </li>
        ))}
      </ol>
    </section>
  )
}

function Page ({ sides: { alice, bob, partyKey }, listen }: { sides: Sides, listen: Listen }) {
  const [code, setCode] = useState<string>()

  return (
    <>
      <header><a className="brand" href="./">plus-one</a></header>
      <main className="wide">
        <h1>Both sides of an invitation</h1>
        <p className="lead">Two real nodes in this page. Neither the PIN, nor anything that a listener could test a guess against, is in any message.</p>
        <div className="two">
          <PartiesProvider node={alice}><Alice partyKey={partyKey} onCode={setCode} /></PartiesProvider>
          <PartiesProvider node={bob}><Bob code={code} /></PartiesProvider>
        </div>
        <Timeline listen={listen} />
      </main>
    </>
  )
}

async function start (): Promise<void> {
  const network = createNetwork()
  const [alice, bob] = await Promise.all([network.node({ profile: { displayName: 'Alice' } }), network.node({ profile: { displayName: 'Bob' } })])
  const listeners = new Set<(message: Message) => void>()
  const tell = (message: Message): void => { listeners.forEach(listener => { listener(message) }) }
  const listen: Listen = (listener) => {
    listeners.add(listener)

    return () => { listeners.delete(listener) }
  }
  watch(alice, 'alice', tell)
  watch(bob, 'bob', tell)
  const { key: partyKey } = await alice.services.parties.create({ name: 'Book club' })
  createRoot(document.getElementById('app') as HTMLElement).render(<StrictMode><Page sides={{ alice, bob, partyKey }} listen={listen} /></StrictMode>)
}

start().catch((err: Error) => { document.body.textContent = `plus-one could not start: ${err.message}. Load the page again.` })
