import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { StrictMode } from 'react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PartiesProvider, useInvitation, useBlocked, useInvitationPreview, useInvitationRedeemer, useReceivedInvitations } from '../../src/react/index.js'
import { createNetwork, FakeClock } from '../../src/testing/index.js'
import { createBoard } from '../helpers/rendezvous.js'
import './patience.js'
import type { UseInvitationOptions } from '../../src/react/index.js'
import type { Party, ReceivedInvitation } from '../../src/index.js'
import type { Network, TestNode } from '../../src/testing/index.js'

let network: Network
let clock: FakeClock
let alice: TestNode
let bob: TestNode
let party: Party

beforeEach(async () => {
  network = createNetwork()
  clock = new FakeClock()
  const { rendezvous } = createBoard()
  ;[alice, bob] = await Promise.all([
    network.node({ profile: { displayName: 'Alice' }, rendezvous: [rendezvous], clock }),
    network.node({ profile: { displayName: 'Bob' }, rendezvous: [rendezvous] })
  ])
  party = await alice.services.parties.create({ name: 'Book club' })
})

afterEach(async () => {
  cleanup()
  await network.stop()
})

function Inviter (options: UseInvitationOptions) {
  const [code, pin, { candidates, admit, refuse, shortCode, publish, status, error, renew }] = useInvitation(party.key, options)

  return (
    <section>
      <output data-testid="code">{code}</output>
      <output data-testid="pin">{pin}</output>
      <output data-testid="status">{status}</output>
      <output data-testid="short">{shortCode}</output>
      <output data-testid="inviter-error">{error?.name}</output>
      <button onClick={() => { publish().catch(() => {}) }}>four words</button>
      <button onClick={renew}>renew</button>
      {candidates.map(({ peerId, profile, comparison }) => (
        <p key={peerId.toString()}>
          <output data-testid="candidate">{`${profile.displayName} ${comparison}`}</output>
          <button onClick={() => { admit(peerId) }}>admit</button>
          <button onClick={() => { refuse(peerId) }}>refuse</button>
        </p>
      ))}
    </section>
  )
}

function Redeemer ({ invitation }: { invitation?: string | ReceivedInvitation }) {
  const { preview } = useInvitationPreview(typeof invitation === 'string' ? undefined : invitation)
  const [redeemCode, setPin, { state, comparison, error, accept, progress }] = useInvitationRedeemer()

  return (
    <section>
      <output data-testid="preview">{preview?.party.name}</output>
      <output data-testid="state">{state}</output>
      <output data-testid="progress">{progress?.type}</output>
      <output data-testid="comparison">{comparison}</output>
      <output data-testid="error">{error?.name}</output>
      <input aria-label="code" onChange={(event) => { redeemCode(event.target.value) }} />
      <input aria-label="pin" onChange={(event) => { setPin(event.target.value).catch(() => {}) }} />
      {invitation != null && <button onClick={() => { redeemCode(invitation) }}>redeem</button>}
      <button onClick={() => { accept().catch(() => {}) }}>accept</button>
    </section>
  )
}

/** Alice's and Bob's screens side by side. */
function show (options: UseInvitationOptions = {}): void {
  render(
    <StrictMode>
      <PartiesProvider node={alice}><Inviter {...options} /></PartiesProvider>
      <PartiesProvider node={bob}><Redeemer /></PartiesProvider>
    </StrictMode>
  )
}

const shown = (id: string): string => screen.getByTestId(id).textContent
const enter = (label: string, value: string): void => { fireEvent.change(screen.getByLabelText(label), { target: { value } }) }
const press = (name: string): void => { fireEvent.click(screen.getByRole('button', { name })) }
const until = async (id: string, value: string): Promise<void> => waitFor(() => { expect(shown(id)).toBe(value) })
const made = async (): Promise<void> => waitFor(() => { expect(shown('code')).not.toBe('') })

describe('Alice\'s and Bob\'s pages', () => {
  it('show the same comparison string before she lets him in', async () => {
    show({ approval: true })
    await made()
    enter('code', shown('code'))
    await until('state', 'pin-required')
    enter('pin', shown('pin'))
    await until('state', 'waiting')
    expect(shown('comparison')).toMatch(/^[A-Z0-9]{3}-[A-Z0-9]{3}$/)
    await until('candidate', `Bob ${shown('comparison')}`)
    press('admit')
    await until('state', 'admitted')
    await until('status', 'used')
    expect(screen.queryByTestId('candidate')).toBeNull()
  })

  it('show it when she says no, by a button or by `approve`', async () => {
    show({ approval: true })
    await made()
    enter('code', shown('code'))
    await until('state', 'pin-required')
    enter('pin', shown('pin'))
    await until('state', 'waiting')
    await waitFor(() => { press('refuse') })
    await until('state', 'declined')

    cleanup()
    const approve = vi.fn(async () => false)
    show({ approve })
    await made()
    enter('code', shown('code'))
    await until('state', 'pin-required')
    enter('pin', shown('pin'))
    await until('state', 'declined')
    expect(approve).toHaveBeenCalledOnce()
  })

  it('know four words for the code, once she asks for them', async () => {
    show()
    await made()
    expect(shown('short')).toBe('')
    press('four words')
    await waitFor(() => { expect(shown('short')).toMatch(/^([a-z]+-){3}[a-z]+$/) })
    enter('code', shown('short').toUpperCase().replaceAll('-', ' '))
    await until('state', 'pin-required')
    expect(shown('progress')).toBe('')
    enter('pin', shown('pin'))
    await until('state', 'admitted')
  })

  it('need no PIN where she asked for none', async () => {
    show({ pin: false })
    await made()
    expect(shown('pin')).toBe('')
    enter('code', shown('code'))
    await until('state', 'pin-required')
    press('accept')
    await until('state', 'admitted')
  })

  it('have a fresh code for as long as the first was to live, also once that has passed', async () => {
    const onExpiration = vi.fn()
    show({ expiration: clock.now() + 60_000, onExpiration })
    await made()
    const code = shown('code')
    act(() => { clock.advance(60_000) })
    await waitFor(() => { expect(onExpiration).toHaveBeenCalledOnce() })
    press('renew')
    await until('status', 'pending')
    expect(shown('code')).not.toBe(code)
    expect(shown('inviter-error')).toBe('')
  })

  it('say what is wrong where there is no rendezvous', async () => {
    const carol = await network.node()
    party = await carol.services.parties.create({ name: 'Chess' })
    render(<PartiesProvider node={carol}><Inviter /></PartiesProvider>)
    await made()
    press('four words')
    await until('inviter-error', 'RendezvousError')
    expect(shown('status')).toBe('pending')
  })
})

describe('Bob\'s page shows whom Alice invites directly', () => {
  function Inbox () {
    const received = useReceivedInvitations()

    return (
      <ul>
        {received.map((invitation, i) => (
          <li key={i}>
            {invitation.from.toString()}
            <Redeemer invitation={invitation} />
          </li>
        ))}
      </ul>
    )
  }

  it('and joins at a yes', async () => {
    await alice.dial(bob.getMultiaddrs())
    render(<StrictMode><PartiesProvider node={bob}><Inbox /></PartiesProvider></StrictMode>)
    expect(screen.queryAllByRole('listitem')).toHaveLength(0)
    const invitation = await act(async () => party.invite({ to: bob.peerId, pin: false }))
    await until('preview', 'Book club')
    expect(screen.getByRole('listitem').textContent).toContain(alice.peerId.toString())
    press('redeem')
    await waitFor(() => { expect(shown('state')).toBe('pin-required') })
    press('accept')
    await waitFor(() => { expect(invitation.status).toBe('used') })
    await waitFor(() => { expect(screen.queryAllByRole('listitem')).toHaveLength(0) })
  })
})

describe('Bob\'s page shows whom he has blocked', () => {
  function Blocked () {
    return <ul>{useBlocked().map(peer => <li key={peer.toString()}>{peer.toString()}</li>)}</ul>
  }

  it('as it changes', async () => {
    const dora = await network.node()
    render(<StrictMode><PartiesProvider node={dora}><Blocked /></PartiesProvider></StrictMode>)
    await act(async () => dora.services.parties.block(alice.peerId))
    expect(screen.getByRole('listitem').textContent).toBe(alice.peerId.toString())
    await act(async () => dora.services.parties.unblock(alice.peerId))
    expect(screen.queryAllByRole('listitem')).toHaveLength(0)
  })
})
