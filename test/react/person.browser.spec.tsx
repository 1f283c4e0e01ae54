import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { StrictMode, useState } from 'react'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { PartiesProvider, useDeviceInvitation, useDevices, usePerson, useRecovery } from '../../src/react/index.js'
import { createNetwork } from '../../src/testing/index.js'
import './patience.js'
import type { Network, TestNode } from '../../src/testing/index.js'

let network: Network
let phone: TestNode

beforeEach(async () => {
  network = createNetwork()
  phone = await network.node({ profile: { displayName: 'Alice' } })
})

afterEach(async () => {
  cleanup()
  await network.stop()
})

const shown = (id: string): string => screen.getByTestId(id).textContent
const press = (name: string): void => { fireEvent.click(screen.getByRole('button', { name })) }
const until = async (id: string, value: string): Promise<void> => waitFor(() => { expect(shown(id)).toBe(value) })

function Words () {
  const { isConfirmed, asked, words, error, show, hide, confirm } = useRecovery()
  const [two, setTwo] = useState('')

  return (
    <section>
      <output data-testid="reminder">{isConfirmed ? '' : 'Write them down'}</output>
      <output data-testid="asked">{asked?.join(' ')}</output>
      <output data-testid="words">{words?.join(' ')}</output>
      <output data-testid="error">{error?.name}</output>
      <input aria-label="two" onChange={({ target }) => { setTwo(target.value) }} />
      <button onClick={() => { show().catch(() => {}) }}>show</button>
      <button onClick={hide}>hide</button>
      <button onClick={() => { confirm(two.split(' ') as [string, string]).catch(() => {}) }}>confirm</button>
    </section>
  )
}

describe('Alice\'s page reminds her of her recovery words', () => {
  async function open (): Promise<void> {
    render(<StrictMode><PartiesProvider node={phone}><Words /></PartiesProvider></StrictMode>)
    await until('reminder', 'Write them down')
  }

  async function showWords (): Promise<string[]> {
    press('show')
    await waitFor(() => { expect(shown('words')).not.toBe('') })

    return shown('words').split(' ')
  }

  it('until she gives the two that are asked for; a wrong one is told, and changes nothing', async () => {
    await open()
    expect(shown('words')).toBe('')
    const words = await showWords()
    expect(words).toHaveLength(12)

    fireEvent.change(screen.getByLabelText('two'), { target: { value: 'zoo zoo' } })
    press('confirm')
    await until('error', 'WrongWordsError')
    expect(shown('reminder')).not.toBe('')

    const two = shown('asked').split(' ').map(place => words[Number(place) - 1]).join(' ')
    fireEvent.change(screen.getByLabelText('two'), { target: { value: two } })
    press('confirm')
    await until('reminder', '')
    expect([shown('words'), shown('asked'), shown('error')]).toEqual(['', '', ''])

    press('show')
    await until('error', 'WordsConfirmedError')
  })

  it('and holds them no longer than they are shown', async () => {
    await open()
    await showWords()
    press('hide')
    await until('words', '')

    // nor if she hides them before they have come
    press('show')
    press('hide')
    await act(async () => phone.services.parties.person.recovery.words())
    expect(shown('words')).toBe('')

    await showWords()
    cleanup()
    await open()
    expect(shown('words')).toBe('')
  })
})

function Devices () {
  const person = usePerson()

  return (
    <section>
      <ul>{useDevices().map(({ peerId, name, self }) => <li key={peerId.toString()}>{`${name}${self ? ' (this one)' : ''}`}</li>)}</ul>
      <button onClick={() => { person.setDeviceName('Phone').catch(() => {}) }}>name it</button>
    </section>
  )
}

function Invitation () {
  const [code, pin, { status, link }] = useDeviceInvitation({ cancelOnUnmount: true })

  return (
    <section>
      <output data-testid="code">{code}</output>
      <output data-testid="pin">{pin}</output>
      <output data-testid="status">{status}</output>
      <output data-testid="link">{link}</output>
    </section>
  )
}

describe('Alice\'s page lists her devices', () => {
  it('as they change', async () => {
    render(<StrictMode><PartiesProvider node={phone}><Devices /></PartiesProvider></StrictMode>)
    expect(screen.getAllByRole('listitem').map(({ textContent }) => textContent)).toEqual([' (this one)'])
    press('name it')
    await screen.findByText('Phone (this one)')
  })

  it('and invites another one: once, and no more when she has gone', async () => {
    render(<StrictMode><PartiesProvider node={phone}><Invitation /></PartiesProvider></StrictMode>)
    await until('status', 'pending')
    expect(shown('pin')).toMatch(/^\d{6}$/)
    const laptop = await network.node()
    expect(shown('link')).toContain(shown('code').toLowerCase())
    const { party: { key }, inviter, code } = await laptop.services.parties.lookup(shown('code'))
    expect(inviter.profile.displayName).toBe('Alice')
    expect(await phone.services.parties.list()).toEqual([])
    expect(key).toMatch(/^[0-9a-f]{64}$/)

    cleanup()
    await waitFor(async () => laptop.services.parties.lookup(code).then(() => { throw new Error('It is still there') }, (err: Error) => { expect(err.name).toBe('InvitationRevokedError') }))
  })
})
