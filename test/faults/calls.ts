/** What an app calls that writes, each in a story that has come so far that the call is next. */
import type { Parties, Party } from '../../src/index.js'
import type { Network, TestNode } from '../../src/testing/index.js'

/** Alice has a party, in which Bob is an admin; it is her disk that fails. */
export interface Told {
  network: Network
  alice: Parties
  /** As Alice has it. */
  party: Party
  bob: TestNode
}

export interface Call {
  name: string
  /** What comes before, while all is well. @returns What the call then takes */
  before?: (told: Told) => Promise<unknown>
  /** May be made again, of a node that was started again too. */
  make: (told: Told, before: unknown) => Promise<unknown>
}

interface Code {
  id: string
  code: string
  pin: string
}

/** An invitation for two: what is done again finds it open. */
async function codeOf (party: Party): Promise<Code> {
  const { id, code, pin } = await party.invite({ uses: 2 })

  return { id, code, pin }
}

const invited = async ({ party }: Told): Promise<Code> => codeOf(party)

async function joins (parties: Parties, { code, pin }: Pick<Code, 'code' | 'pin'>): Promise<void> {
  await parties.redeem(code).setPin(pin).catch((err: Error) => {
    // it came that far before
    if (err.name !== 'AlreadyMemberError') {
      throw err
    }
  })
}

const call = (name: string, make: Call['make']): Call => ({ name, make })
const after = <T> (before: (told: Told) => Promise<T>, name: string, make: (told: Told, before: T) => Promise<unknown>): Call => ({ name, before, make: async (told, taken) => make(told, taken as T) })

/** Alice has a laptop, too, and it is linked. */
async function laptopOf ({ network, alice }: Told): Promise<TestNode> {
  const laptop = await network.node()
  await joins(laptop.services.parties, await alice.person.invite())
  await until(async () => (await laptop.services.parties.list()).length > 0)

  return laptop
}

export const calls: Call[] = [
  call('create', async ({ alice }) => alice.create({ name: 'Choir' })),
  call('invite', async ({ party }) => party.invite()),
  after(invited, 'setLabel', async ({ party }, { id }) => party.invitations.get(id)?.setLabel('for Carol')),
  after(invited, 'cancel', async ({ party }, { id }) => party.invitations.get(id)?.cancel()),
  after(invited, 'renew', async ({ party }, { id }) => party.invitations.get(id)?.renew()),
  after(async told => ({ carol: await told.network.node(), code: await invited(told) }), 'admit', async (_, { carol, code }) => joins(carol.services.parties, code)),
  after(async ({ bob }) => codeOf(await bob.services.parties.create({ name: 'Film club' })), 'redeem', async ({ alice }, code) => joins(alice, code)),
  call('setRole', async ({ party, bob }) => party.setRole(bob.peerId, 'reader')),
  call('remove', async ({ party, bob }) => party.memberOf(bob.peerId) == null ? undefined : party.remove(bob.peerId)),
  call('setInfo', async ({ party }) => party.setInfo({ name: 'Readers' })),
  call('setDisplayName', async ({ party }) => party.setDisplayName('Ally')),
  call('setProfile', async ({ alice }) => alice.setProfile({ displayName: 'Alice' })),
  call('block', async ({ alice, bob }) => alice.block(bob.peerId)),
  after(async ({ party, bob }) => party.setRole(bob.peerId, 'owner'), 'leave', async ({ party }) => party.role == null ? undefined : party.leave()),
  call('forget', async ({ alice, party }) => (await alice.list()).some(({ key }) => key === party.key) ? party.forget({ insist: true }) : undefined),
  call('reset', async ({ alice }) => alice.reset()),
  call('recovery.confirm', async ({ alice: { person: { recovery } } }) => {
    if (!recovery.isConfirmed) {
      const words = await recovery.words()
      await recovery.confirm(recovery.asked?.map(place => words[place - 1] ?? '') as [string, string])
    }
  }),
  call('person.setDeviceName', async ({ alice }) => alice.person.setDeviceName('Phone')),
  call('person.invite', async ({ alice }) => alice.person.invite()),
  after(laptopOf, 'person.unlink', async ({ alice }, laptop) => alice.person.unlink(laptop.peerId))
]

async function until (holds: () => Promise<boolean>): Promise<void> {
  while (!await holds()) {
    await new Promise(resolve => setTimeout(resolve, 0))
  }
}

/** All that an app is shown by a node, as text. */
export async function shownBy ({ services: { parties: service } }: TestNode): Promise<string> {
  const parties = (await service.list()).map(({ key, name, role, members, invitations, epoch }) => ({
    key,
    name,
    role,
    epoch,
    members: members.map(({ peerId, role, profile, devices }) => `${peerId.toString()} ${role} ${profile.displayName ?? ''} ${devices.length}`).sort(),
    invitations: invitations.list().items.map(({ id, status, usedBy, attemptsLeft, label, code }) => ({ id, status, used: usedBy.length, attemptsLeft, label, code }))
  })).sort((a, b) => a.key < b.key ? -1 : 1)
  const { person: { devices, recovery }, profile, blocked } = service

  return JSON.stringify({ parties, devices: devices.map(({ peerId, name }) => [peerId.toString(), name]), isConfirmed: recovery.isConfirmed, profile, blocked: blocked.getSnapshot() })
}

/** Alice and Bob share a party. */
export async function tell (network: Network, alice: TestNode): Promise<Told> {
  const party = await alice.services.parties.create({ name: 'Book club' })
  const bob = await network.node()
  const { code, pin } = await party.invite({ role: 'admin' })
  const joined = await bob.services.parties.redeem(code).setPin(pin)
  await until(async () => joined.synced != null)

  return { network, alice: alice.services.parties, party, bob }
}
