/** The hooks as DXOS's page on invitations shows them: docs/compared.md. */
import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { Component, StrictMode, Suspense } from 'react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PartiesProvider, useInvitation, useInvitationRedeemer, useSuspenseParty as useParty } from 'plus-one/react'
import { createNetwork } from 'plus-one/testing'
import './patience.js'
import type { UseInvitationOptions, UseInvitationRedeemerOptions } from 'plus-one/react'
import type { Network, TestNode } from 'plus-one/testing'
import type { Party } from 'plus-one'
import type { ReactNode } from 'react'

let network: Network
let alice: TestNode
let bob: TestNode
let party: Party

beforeEach(async () => {
  network = createNetwork()
  ;[alice, bob] = await Promise.all([network.node(), network.node()])
  party = await alice.services.parties.create({ name: 'Book club' })
})

afterEach(async () => {
  cleanup()
  vi.restoreAllMocks()
  await network.stop()
})

class Boundary extends Component<{ children: ReactNode }, { error?: Error }> {
  override state: { error?: Error } = {}

  static getDerivedStateFromError (error: Error): { error: Error } {
    return { error }
  }

  override render (): ReactNode {
    return this.state.error == null ? this.props.children : <button onClick={() => { this.setState({ error: undefined }) }}>{this.state.error.name}</button>
  }
}

function At ({ node, children }: { node: TestNode, children: ReactNode }) {
  return <StrictMode><PartiesProvider node={node}><Boundary><Suspense fallback={<p>opening</p>}>{children}</Suspense></Boundary></PartiesProvider></StrictMode>
}

function Inviter ({ partyKey, ...options }: { partyKey: string } & UseInvitationOptions) {
  const party = useParty(partyKey)
  const [inviteCode, pin] = useInvitation(party.key, options)

  return (
    <p>
      {party.name}
      {' '}
      <i>{inviteCode}</i>
      {' '}
      <b>{pin}</b>
    </p>
  )
}

function Invitee ({ partyKey, code, pin, ...options }: { partyKey?: string, code: string, pin: string } & UseInvitationRedeemerOptions) {
  const party = useParty(partyKey)
  const [redeemCode, setPin] = useInvitationRedeemer(options)

  return (
    <>
      <p>{party?.name ?? 'no party'}</p>
      <button onClick={() => { redeemCode(code) }}>redeem</button>
      <button onClick={() => { setPin(pin).catch(() => {}) }}>join</button>
    </>
  )
}

function Unready ({ partyKey, ...options }: { partyKey: string } & UseInvitationOptions) {
  const [code, , { error, status }] = useInvitation(partyKey, options)

  return (
    <output>
      {error?.name ?? status ?? 'being made'}
      {' '}
      {code == null ? '' : 'with a code'}
    </output>
  )
}

const press = (name: string): void => { fireEvent.click(screen.getByRole('button', { name })) }
const text = (selector: string): string => document.querySelector(selector)?.textContent ?? ''
const count = (): number => party.invitations.list({ status: 'all' }).items.length

describe('A page written for DXOS\'s hooks', () => {
  it('waits until the party is open, invites with a code and a PIN, and its other half joins', async () => {
    const onDone = vi.fn()
    const joined = vi.fn()
    const list = vi.spyOn(alice.services.parties, 'list')
    const page = render(<At node={alice}><Inviter partyKey={party.key} onDone={onDone} /></At>)
    expect(page.container.textContent).toBe('opening')
    await waitFor(() => { expect(text('b')).toMatch(/^\d{6}$/) })
    expect(text('p')).toContain('Book club')
    expect(list).toHaveBeenCalledOnce()

    render(<At node={bob}><Invitee code={text('i')} pin={text('b')} onDone={joined} /></At>)
    press('redeem')
    press('join')
    await waitFor(() => { expect(joined).toHaveBeenCalledOnce() })
    await waitFor(() => { expect(onDone).toHaveBeenCalledOnce() })
    expect(party.members).toHaveLength(2)
  })

  it('that asks for a time that is over is told so by onExpiration alone, and no invitation is made', async () => {
    const [onExpiration, onError] = [vi.fn(), vi.fn()]
    render(<At node={alice}><Inviter partyKey={party.key} expiration={new Date()} onExpiration={onExpiration} onError={onError} /></At>)
    await waitFor(() => { expect(onExpiration).toHaveBeenCalledOnce() })
    render(<At node={alice}><Unready partyKey={party.key} expiration={new Date()} /></At>)
    await waitFor(() => { expect(text('output')).toBe('expired ') })
    expect(onError).not.toHaveBeenCalled()
    expect(count()).toBe(0)
  })

  it('hears by onError of an invitation that cannot be made', async () => {
    const onError = vi.fn()
    render(<At node={alice}><Inviter partyKey={party.key} uses={0} onError={onError} /></At>)
    await waitFor(() => { expect(onError).toHaveBeenCalledExactlyOnceWith(expect.any(RangeError)) })
  })

  it('for a party that this node has not got is an error, and goes on when it is there', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const onError = vi.fn()
    render(<At node={bob}><Inviter partyKey={party.key} /></At>)
    render(<At node={bob}><Unready partyKey={party.key} onError={onError} /></At>)
    await waitFor(() => { expect(screen.getByRole('button').textContent).toBe('StorageError') })
    await waitFor(() => { expect(text('output')).toBe('StorageError ') })
    expect(onError).toHaveBeenCalledOnce()

    const { code, pin } = await party.invite({ role: 'admin' })
    await act(async () => bob.services.parties.redeem(code).setPin(pin))
    await waitFor(() => { expect(text('output')).toBe('pending with a code') })
    press('StorageError')
    await waitFor(() => { expect(text('b')).toMatch(/^\d{6}$/) })
    expect(onError).toHaveBeenCalledOnce()
  })

  it('whose parties cannot be loaded is an error; once they can, its Retry shows it', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const list = vi.spyOn(alice.services.parties, 'list').mockRejectedValueOnce(new Error('no disk'))
    render(<At node={alice}><Inviter partyKey={party.key} /></At>)
    await screen.findByRole('button', { name: 'Error' })
    await waitFor(() => { expect(list.mock.calls.length).toBeGreaterThan(1) })
    await act(async () => { await Promise.allSettled(list.mock.results.map(({ value }) => value as Promise<unknown>)) })
    press('Error')
    await waitFor(() => { expect(text('p')).toContain('Book club') })
  })

  it('three times mounted leaves one invitation, and tells its end once, to the page that is there', async () => {
    const told = [vi.fn(), vi.fn(), vi.fn()]
    const codes = new Set<string>()

    for (const onDone of told) {
      cleanup()
      render(<At node={alice}><Inviter partyKey={party.key} expiration={Date.now() + 600_000} onDone={onDone} /></At>)
      await waitFor(() => { expect(text('b')).not.toBe('') })
      codes.add(text('i'))
    }

    expect([codes.size, count()]).toEqual([1, 1])
    await act(async () => bob.services.parties.redeem(text('i')).setPin(text('b')))
    await waitFor(() => { expect(told.map(({ mock }) => mock.calls.length)).toEqual([0, 0, 1]) })

    cleanup()
    render(<At node={alice}><Inviter partyKey={party.key} expiration={Date.now() + 600_000} /></At>)
    await waitFor(() => { expect(text('b')).not.toBe('') })
    expect(codes).not.toContain(text('i'))
  })

  it('twice on one screen makes two; on other terms, or asked for a fresh one, another', async () => {
    const show = (options: UseInvitationOptions): void => { render(<At node={alice}><Inviter partyKey={party.key} {...options} /></At>) }
    show({})
    show({})
    await waitFor(() => { expect(count()).toBe(2) })
    cleanup()
    show({ role: 'reader' })
    await waitFor(() => { expect(count()).toBe(3) })
    cleanup()
    show({ expiration: Date.now() + 86_400_000 })
    await waitFor(() => { expect(count()).toBe(4) })
    cleanup()
    show({ fresh: true })
    await waitFor(() => { expect(count()).toBe(5) })
  })

  it('says that a PIN came before the code', async () => {
    const onError = vi.fn()
    render(<At node={bob}><Invitee code="" pin="123456" onError={onError} /></At>)
    expect(text('p')).toBe('no party')
    press('join')
    await waitFor(() => { expect(onError).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ name: 'CodeMissingError', message: expect.stringContaining('redeemCode(code) first') as string })) })
  })
})
