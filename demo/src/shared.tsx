import { useState } from 'react'
import { nameAmong } from 'plus-one/elements'
import { useSharedDoc } from './shared-doc.js'
import { SharedNote } from './shared-note.js'
import './shared.css'
import type { Party } from 'plus-one'
import type { Item, SharedDoc } from './shared-doc.js'

/** What a party is for: a list and a note that its members have together. */
export default function Shared ({ party }: { party: Party }) {
  const shared = useSharedDoc(party)

  if (shared == null) {
    return null
  }

  const { canWrite } = shared.provider

  return (
    <section className="shared" aria-labelledby="shared">
      <h2 id="shared">Shared</h2>
      <Here party={party} shared={shared} />
      {!canWrite && <p className="hint" role="status">{why(party, shared)}</p>}
      <h3 id="shared-list">List</h3>
      <ul className="items" aria-labelledby="shared-list">
        {shared.list.toArray().map((item, at) => <Row key={at} item={item} shared={shared} />)}
      </ul>
      {shared.list.length === 0 && <p className="hint">Nothing yet.</p>}
      {canWrite && <Add shared={shared} />}
      <h3><label htmlFor="shared-note">Note</label></h3>
      <SharedNote shared={shared} />
    </section>
  )
}

function why (party: Party, { refused }: SharedDoc): string {
  if (party.role == null) {
    return 'You are not a member any more: nothing new reaches you, and this is how it was.'
  }

  return `${refused ? 'What you wrote was undone: you' : 'You'} can read this. An owner or admin can let you write.`
}

/** Who has it open, and types. */
function Here ({ party, shared }: { party: Party, shared: SharedDoc }) {
  const { others } = shared

  return (
    <ul className="here" aria-label="Here now">
      {others.length === 0
        ? <li className="pill">Nobody else is here now</li>
        : others.map(({ member, isTyping }) => <li key={member.id} className="pill on"><bdi>{nameAmong(member, party.members)}</bdi>{isTyping ? ' is typing…' : ''}</li>)}
    </ul>
  )
}

function Row ({ item, shared }: { item: Item, shared: SharedDoc }) {
  const { canWrite } = shared.provider
  const text = String(item.get('text'))

  return (
    <li>
      <label>
        <input type="checkbox" checked={item.get('done') === true} disabled={!canWrite} onChange={({ target }) => { item.set('done', target.checked) }} />
        <bdi>{text}</bdi>
      </label>
      {canWrite && <button aria-label={`Remove ${text}`} onClick={() => { shared.remove(item) }}>✕</button>}
    </li>
  )
}

function Add ({ shared }: { shared: SharedDoc }) {
  const [text, setText] = useState('')

  const add = (): void => {
    if (text.trim() !== '') {
      shared.add(text.trim())
      setText('')
    }
  }

  return (
    <form className="bare row" onSubmit={(event) => { event.preventDefault(); add() }}>
      <input aria-label="New on the list" placeholder="Something new" dir="auto" maxLength={200} value={text} onChange={({ target }) => { setText(target.value); shared.type() }} />
      <button>Add</button>
    </form>
  )
}
