import { nameOf } from './people.js'
import type { InvitationPreview } from 'plus-one'

/** What a device's code does, said before the PIN: whoever made it would be this browser's person. */
export function JoinDevice ({ preview, name, onName }: { preview: InvitationPreview, name: string, onName: (name: string) => void }) {
  const owner = nameOf(preview.inviter)

  return (
    <>
      <p><b>This makes this browser a device of {possessive(owner)}.</b> It gets all of {possessive(owner)} parties, and acts there as {owner}.</p>
      <p className="warning">Continue only if you made this code yourself, just now, on a device of your own. Did somebody send or show it to you? Then cancel: what you start or join here from now on would be theirs.</p>
      <p className="hint">Parties that are here already stay as they are. Recovery words of this browser that were not written down are dropped.</p>
      <p>
        <label htmlFor="new-device">Name of this device</label>
        <input id="new-device" dir="auto" value={name} maxLength={40} onChange={({ target }) => { onName(target.value) }} />
      </p>
    </>
  )
}

export function possessive (name: string): string {
  return `${name}’s`
}
