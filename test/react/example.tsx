import { useInvitation, useInvitationRedeemer, useMembers } from 'plus-one/react'

// the inviter's page; around both: <PartiesProvider node={node}>
export function Invite ({ partyKey }: { partyKey: string }) {
  const [inviteCode, pin, { status, attemptsLeft, link }] = useInvitation(partyKey, {
    role: 'writer',
    onDone: ({ member }) => { console.log('joined', member.peerId.toString()) }
  })

  return <p><a href={link}>{inviteCode}</a> PIN <b>{pin}</b> ({status}, {attemptsLeft} attempts left)</p>
}

// the invitee's page
export function Join ({ code }: { code: string }) {
  const [redeemCode, setPin, { state, preview, error, party }] = useInvitationRedeemer({ code })
  const members = useMembers(party?.key)

  return (
    <form onSubmit={(event) => { event.preventDefault(); redeemCode() }}>
      <button>Join {preview?.party.name}</button>
      {state === 'pin-required' && <input aria-label="PIN" onChange={({ target }) => { if (target.value.length === 6) void setPin(target.value) }} />}
      <p role="status">{error?.message ?? state}</p>
      <ul>{members.map(({ peerId, role }) => <li key={peerId.toString()}>{role}</li>)}</ul>
    </form>
  )
}
