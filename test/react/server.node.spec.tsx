import { renderToString } from 'react-dom/server'
import { afterEach, describe, expect, it } from 'vitest'
import { PartiesProvider, useInvitation, useInvitationRedeemer, useMembers } from '../../src/react/index.js'
import { createNetwork } from '../../src/testing/index.js'

const network = createNetwork()

afterEach(async () => network.stop())

function Page ({ partyKey }: { partyKey?: string }) {
  const [code, pin, { status }] = useInvitation(partyKey)
  const [, , { state }] = useInvitationRedeemer()
  const members = useMembers(partyKey)

  return <p>{`${code ?? 'no code'}, ${pin ?? 'no PIN'}, ${status ?? 'no status'}, ${state}, ${members.length} members`}</p>
}

describe('On a server', () => {
  it('the hooks render what is there before the node is: nothing is made, nothing is dialled', async () => {
    const node = await network.node()
    const party = await node.services.parties.create({ name: 'Book club' })

    expect(renderToString(<PartiesProvider node={node}><Page partyKey={party.key} /></PartiesProvider>)).toBe('<p>no code, no PIN, no status, idle, 0 members</p>')
    expect(party.invitations.getSnapshot()).toEqual([])
  })

  it('out of the provider, the error says what to do', () => {
    expect(() => renderToString(<Page />)).toThrow(expect.objectContaining({ name: 'ProviderMissingError', message: expect.stringContaining('<PartiesProvider') as string }))
  })
})
