import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { StrictMode, useState } from 'react'
import { renderToString } from 'react-dom/server'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PartiesProvider, useInvitation, useInvitationPreview, useInvitationRedeemer, useMember, useMembers, useParties, useParty } from '../../src/react/index.js'
import { createNetwork } from '../../src/testing/index.js'
import './patience.js'
import type { UseInvitationOptions, UseInvitationRedeemerOptions } from '../../src/react/index.js'
import type { Party } from '../../src/index.js'
import type { Network, TestNode } from '../../src/testing/index.js'
import type { ReactNode } from 'react'

let network: Network
let alice: TestNode
let bob: TestNode
let party: Party

beforeEach(async () => {
  network = createNetwork()
  ;[alice, bob] = await Promise.all([network.node({ profile: { displayName: 'Alice' } }), network.node()])
  party = await alice.services.parties.create({ name: 'Book club' })
})

afterEach(async () => {
  cleanup()
  await network.stop()
})

function At ({ node, children }: { node: TestNode, children: ReactNode }) {
  return <StrictMode><PartiesProvider node={node}>{children}</PartiesProvider></StrictMode>
}

function Inviter (options: UseInvitationOptions) {
  const [code, pin, { status, attemptsLeft, timeLeft, error, renew }] = useInvitation(party.key, options)

  return (
    <div>
      <output data-testid="code">{code}</output>
      <output data-testid="pin">{pin}</output>
      <output data-testid="status">{status}</output>
      <output data-testid="attempts">{attemptsLeft}</output>
      <output data-testid="left">{timeLeft}</output>
      <output data-testid="inviter-error">{error?.name}</output>
      <button onClick={renew}>renew</button>
    </div>
  )
}

function Redeemer (options: UseInvitationRedeemerOptions) {
  const [code, type] = useState('')
  const [redeemCode, setPin, { state, preview, error, attemptsLeft, party: joined, reset }] = useInvitationRedeemer(options)

  return (
    <div>
      <input aria-label="code" value={code} onChange={event => { type(event.target.value) }} />
      <button onClick={() => { redeemCode(code) }}>redeem</button>
      <input aria-label="pin" onChange={(event) => { setPin(event.target.value).catch(() => {}) }} />
      <button onClick={reset}>reset</button>
      <output data-testid="state">{state}</output>
      <output data-testid="from">{preview?.inviter.profile.displayName}</output>
      <output data-testid="error">{error?.name}</output>
      <output data-testid="left-for-bob">{attemptsLeft}</output>
      {joined != null && <Members partyKey={joined.key} />}
    </div>
  )
}

function Members ({ partyKey }: { partyKey: string }) {
  const members = useMembers(partyKey)

  return <ul aria-label={useParty(partyKey)?.name}>{members.map(({ peerId, role }) => <li key={peerId.toString()}>{role}</li>)}</ul>
}

const shown = (id: string): string => screen.getByTestId(id).textContent
const enter = (label: string, value: string): void => { fireEvent.change(screen.getByLabelText(label), { target: { value } }) }
const press = (name: string): void => { fireEvent.click(screen.getByRole('button', { name })) }

describe('Alice\'s page invites', () => {
  it('with one invitation, also in StrictMode, and over renders with other callbacks', async () => {
    const first = vi.fn()
    const last = vi.fn()
    const view = render(<At node={alice}><Inviter onDone={first} /></At>)
    await waitFor(() => { expect(shown('code')).not.toBe('') })
    const code = shown('code')
    view.rerender(<At node={alice}><Inviter onDone={last} /></At>)
    expect(shown('code')).toBe(code)
    expect(party.invitations.getSnapshot()).toHaveLength(1)
    expect(Number(shown('left'))).toBeGreaterThan(3_500_000)

    await act(async () => { await bob.services.parties.redeem(code).setPin(shown('pin')) })
    await waitFor(() => { expect(shown('status')).toBe('used') })
    expect(last).toHaveBeenCalledOnce()
    expect(first).not.toHaveBeenCalled()
    expect(shown('pin')).toBe('')
  })

  it('from a page that a server rendered: hydrated without a word, then live', async () => {
    const complained = vi.spyOn(console, 'error')
    const container = document.body.appendChild(document.createElement('div'))
    container.innerHTML = renderToString(<At node={alice}><Inviter /></At>)
    expect(party.invitations.getSnapshot()).toEqual([])
    render(<At node={alice}><Inviter /></At>, { container, hydrate: true })
    await waitFor(() => { expect(shown('status')).toBe('pending') })
    expect(party.invitations.getSnapshot()).toHaveLength(1)
    expect(complained).not.toHaveBeenCalled()
    complained.mockRestore()
  })

  it('and sees wrong PINs; a fresh code is one call away after a lock', async () => {
    const onAttemptFailed = vi.fn()
    render(<At node={alice}><Inviter attempts={1} onAttemptFailed={onAttemptFailed} /></At>)
    await waitFor(() => { expect(shown('pin')).not.toBe('') })
    const code = shown('code')
    const wrong = ((Number(shown('pin')) + 1) % 1_000_000).toString().padStart(6, '0')
    await act(async () => { await bob.services.parties.redeem(code).setPin(wrong).catch(() => {}) })
    await waitFor(() => { expect(shown('status')).toBe('locked') })
    expect(onAttemptFailed).toHaveBeenCalledWith({ attemptsLeft: 0 })

    press('renew')
    await waitFor(() => { expect(shown('status')).toBe('pending') })
    expect(shown('code')).not.toBe(code)
  })

  it('gone, its invitation stays, unless asked otherwise', async () => {
    const view = render(<At node={alice}><Inviter /></At>)
    await waitFor(() => { expect(shown('code')).not.toBe('') })
    view.unmount()
    const other = render(<At node={alice}><Inviter cancelOnUnmount /></At>)
    await waitFor(() => { expect(shown('code')).not.toBe('') })
    other.unmount()
    await waitFor(() => { expect(party.invitations.getSnapshot().map(({ status }) => status)).toEqual(['pending', 'revoked']) })
  })

  it('what may not be is told in `error`', async () => {
    const { code, pin } = await party.invite({ role: 'writer' })
    await bob.services.parties.redeem(code).setPin(pin)
    render(<At node={bob}><Inviter role="writer" /></At>)
    await waitFor(() => { expect(shown('inviter-error')).toBe('NotPermittedError') })
  })
})

describe('Bob\'s page redeems', () => {
  it('a wrong PIN, the right PIN, and the members are shown live', async () => {
    const onDone = vi.fn()
    const { code, pin } = await party.invite({ role: 'reader' })
    render(<At node={bob}><Redeemer onDone={onDone} /></At>)
    expect(shown('state')).toBe('idle')
    enter('code', code)
    press('redeem')
    await waitFor(() => { expect(shown('state')).toBe('pin-required') })
    expect(shown('from')).toBe('Alice')

    enter('pin', ((Number(pin) + 1) % 1_000_000).toString().padStart(6, '0'))
    await waitFor(() => { expect(shown('error')).toBe('WrongPinError') })
    expect(shown('left-for-bob')).toBe('2')

    enter('pin', pin)
    await waitFor(() => { expect(shown('state')).toBe('admitted') })
    expect(onDone).toHaveBeenCalledOnce()
    await waitFor(() => { expect(screen.getAllByRole('listitem').map(({ textContent }) => textContent)).toEqual(['owner', 'reader']) })
    expect(screen.getByRole('list', { name: 'Book club' })).toBeDefined()

    const carol = await network.node()
    const next = await party.invite()
    await act(async () => { await carol.services.parties.redeem(next.code).setPin(next.pin) })
    await waitFor(() => { expect(screen.getAllByRole('listitem')).toHaveLength(3) })
  })

  it('a bad code is told, and reset begins anew', async () => {
    const onError = vi.fn()
    render(<At node={bob}><Redeemer onError={onError} /></At>)
    enter('code', 'nonsense!')
    press('redeem')
    await waitFor(() => { expect(shown('error')).toBe('InvalidCodeError') })
    expect(onError).toHaveBeenCalledOnce()
    press('reset')
    expect(shown('error')).toBe('')
    expect(shown('state')).toBe('idle')
  })

  it('gone, its redemption is cancelled, and frees its place at Alice\'s', async () => {
    const invitation = await party.invite()
    const view = render(<At node={bob}><Redeemer /></At>)
    enter('code', invitation.code)
    press('redeem')
    await waitFor(() => { expect(shown('state')).toBe('pin-required') })
    expect(invitation.getSnapshot().guests).toBe(1)
    view.unmount()
    await waitFor(() => { expect(invitation.getSnapshot().guests).toBe(0) })
  })
})

describe('Bob looks before he joins', () => {
  function Preview ({ code }: { code?: string }) {
    const { preview, error, loading } = useInvitationPreview(code)

    return <output data-testid="preview">{loading ? 'loading' : preview?.party.name ?? error?.name ?? 'nothing'}</output>
  }

  it('the party, or what is wrong', async () => {
    const { code } = await party.invite()
    const view = render(<At node={bob}><Preview /></At>)
    expect(shown('preview')).toBe('nothing')
    view.rerender(<At node={bob}><Preview code={code} /></At>)
    expect(shown('preview')).toBe('loading')
    await waitFor(() => { expect(shown('preview')).toBe('Book club') })
    view.rerender(<At node={bob}><Preview code={code.slice(1)} /></At>)
    await waitFor(() => { expect(shown('preview')).toBe('InvalidCodeError') })
  })
})

describe('Alice\'s page shows one member', () => {
  function Shown ({ member }: { member: Party['members'][number]['peerId'] | string }) {
    const one = useMember(party.key, member)
    const { parties } = useParties()

    return <p data-testid="one">{`${one?.role ?? 'none'} ${one?.devices.length ?? 0} of ${parties.map(({ name }) => name).join()}`}</p>
  }

  it('live, by a PeerId or its id, until it is gone; and her list calls parties what they are called now', async () => {
    const { code, pin } = await party.invite({ role: 'writer' })
    await bob.services.parties.redeem(code).setPin(pin)
    const { id = '' } = party.memberOf(bob.peerId) ?? {}
    const page = render(<At node={alice}><Shown member={bob.peerId} /></At>)
    await waitFor(() => { expect(shown('one')).toBe('writer 1 of Book club') })
    await act(async () => party.setRole(bob.peerId, 'admin'))
    await waitFor(() => { expect(shown('one')).toBe('admin 1 of Book club') })
    page.rerender(<At node={alice}><Shown member={id} /></At>)
    await act(async () => party.setInfo({ name: 'Film club' }))
    await waitFor(() => { expect(shown('one')).toBe('admin 1 of Film club') })
    await act(async () => { await party.remove(bob.peerId) })
    await waitFor(() => { expect(shown('one')).toBe('none 0 of Film club') })
    await act(async () => party.forget({ insist: true }))
    await waitFor(() => { expect(shown('one')).toBe('none 0 of ') })
  })
})
