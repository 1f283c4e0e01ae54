// what the elements' page asks for: Alice's party, and Bob's service, in one page
import { createNetwork } from 'plus-one/testing'

const network = createNetwork()
export const [alice, bob] = await Promise.all([network.node({ profile: { displayName: 'Alice' } }), network.node()])

export const party = await alice.services.parties.create({ name: 'Book club' })
export const parties = bob.services.parties
