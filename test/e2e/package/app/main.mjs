// an app in ES modules: Alice invites Bob, by the packed library alone
import * as plusOne from 'plus-one'
import * as react from 'plus-one/react'
import * as rendezvous from 'plus-one/rendezvous'
import * as protocol from 'plus-one/rendezvous/protocol'
import * as words from 'plus-one/rendezvous/words'
import * as elements from 'plus-one/elements'
import * as automerge from 'plus-one/automerge'
import * as yjs from 'plus-one/yjs'
import { createNetwork } from 'plus-one/testing'

const network = createNetwork()
const [alice, bob] = await Promise.all([network.node(), network.node()])
const party = await alice.services.parties.create({ name: 'Book club', kind: 'group' })
const { code, pin } = await party.invite({ role: 'writer' })
const joined = await bob.services.parties.redeem(code).setPin(pin)
console.info(JSON.stringify({
  members: joined.members.length,
  words: words.completeWord('abando', 3),
  names: [plusOne, react, rendezvous, protocol, words, yjs, automerge, elements].map(entry => Object.keys(entry).length > 0)
}))
await Promise.all([alice.stop(), bob.stop()])
