import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { PartiesProvider } from 'plus-one/react'
import { createNetwork } from 'plus-one/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import readme from '../../docs/guide.md?raw'
import source from './example.tsx?raw'
import { Invite, Join } from './example.js'
import './patience.js'

const network = createNetwork()

afterEach(async () => {
  cleanup()
  await network.stop()
})

describe('The guide\'s example of the hooks', () => {
  it('is this file, letter for letter', () => {
    expect(readme).toContain(`\`\`\`tsx\n${source}\`\`\``)
  })

  it('runs: Alice\'s page invites, Bob\'s page joins', async () => {
    const logged = vi.spyOn(console, 'log').mockImplementation(() => {})
    const [alice, bob] = [await network.node(), await network.node()]
    const party = await alice.services.parties.create({ name: 'Book club' })
    const page = render(<PartiesProvider node={alice}><Invite partyKey={party.key} /></PartiesProvider>)
    await waitFor(() => { expect(page.container.querySelector('b')?.textContent).toMatch(/^\d{6}$/) })
    const [code, pin] = [page.container.querySelector('a')?.textContent ?? '', page.container.querySelector('b')?.textContent ?? '']

    render(<PartiesProvider node={bob}><Join code={code} /></PartiesProvider>)
    fireEvent.click(screen.getByRole('button'))
    const box = await screen.findByLabelText('PIN')
    await act(async () => { fireEvent.change(box, { target: { value: pin } }) })
    await waitFor(() => { expect(screen.getAllByRole('listitem').map(({ textContent }) => textContent)).toEqual(['owner', 'writer']) })
    await waitFor(() => { expect(logged).toHaveBeenCalledWith('joined', bob.peerId.toString()) })
    logged.mockRestore()
  })
  it('keeps two links of one tab apart: the PIN typed under Mallory\'s code goes nowhere but to her', async () => {
    const [alice, mallory, bob] = [await network.node(), await network.node(), await network.node()]
    const [alices, mallorys] = await Promise.all([[alice, 'Book club'] as const, [mallory, 'Chess evening'] as const].map(async ([node, name]) => (await node.services.parties.create({ name })).invite({ role: 'writer' })))
    const page = (code = '') => <PartiesProvider node={bob}><Join code={code} /></PartiesProvider>
    const view = render(page(alices?.code))
    fireEvent.click(screen.getByRole('button'))
    await screen.findByLabelText('PIN')
    expect(screen.getByRole('button').textContent).toBe('Join Book club')

    view.rerender(page(mallorys?.code))
    expect(screen.queryByLabelText('PIN')).toBeNull()
    expect(screen.getByRole('button').textContent).toBe('Join ')
    await waitFor(() => { expect(alices?.getSnapshot().guests).toBe(0) })

    fireEvent.click(screen.getByRole('button'))
    await screen.findByLabelText('PIN')
    expect(screen.getByRole('button').textContent).toBe('Join Chess evening')
  })
})
