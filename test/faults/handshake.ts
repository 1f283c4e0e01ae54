/** The invitation's handshake and the exchange of a short code, as a person goes through them: what it came to, and what must never be. */
import { CODE_PROTOCOL } from '../../src/rendezvous/exchange/index.js'
import { INVITE_PROTOCOL } from '../../src/invitation/index.js'
import { keyOf } from '../../src/log/index.js'
import { wrongPin } from '../helpers/parties.js'
import { Stage } from './stage.js'
import type { Invitation, Party, Redemption } from '../../src/index.js'
import type { LocalParty } from '../../src/parties/party.js'
import type { Side } from './stage.js'
import type { Fault } from './faults.js'
import type { Played, Scenario, Strike } from './scenarios.js'

/** What Bob does in front of the box. */
type Deed = 'wrong, then right' | 'right' | 'declines' | 'cancels'

interface Story {
  name: string
  deed: Deed
  /** A person at Alice's side says so. */
  approve?: boolean
  /** Alice took it back before. */
  revoked?: boolean
  /** Bob is in already, by the same invitation. */
  member?: boolean
  /** Bob has four words, and these are the last two. */
  short?: 'right' | 'wrong'
}

/** How one attempt of Bob's ended. */
interface End {
  state: string
  error?: Error
  /** He was told that a PIN was wrong which was right. */
  doubted: boolean
}

class Play {
  readonly stage: Stage
  readonly story: Story
  readonly fault: Fault | undefined
  party!: Party
  invitation!: Invitation
  code = ''
  pin = ''
  /** Alice's callbacks, all lives of her node. */
  ends: string[] = []
  judged = 0
  approves: boolean | undefined

  constructor (stage: Stage, story: Story, fault: Fault | undefined) {
    this.stage = stage
    this.story = story
    this.fault = fault
    this.approves = story.approve
    stage.onBack = async (side) => {
      if (side === 'alice') {
        // of the process that was killed nobody heard anything any more
        this.ends = []
        this.party = await stage.nodes.alice.services.parties.open(this.party.key)
        this.#listen(this.party.invitations.getSnapshot().find(({ id }) => id === this.invitation.id) as Invitation)
      }
    }
  }

  #listen (invitation: Invitation): void {
    this.invitation = invitation
    invitation.on(this.#callbacks(this.stage.nodes.alice))
  }

  #callbacks (node: Stage['nodes'][Side]) {
    const alive = (): boolean => this.stage.nodes.alice === node
    const end = (name: string) => (value?: unknown): void => {
      if (alive()) {
        this.ends.push(value instanceof Error ? `${name} ${value.name}` : name)
      }
    }

    return {
      onDone: end('onDone'),
      onError: end('onError'),
      onExpiration: end('onExpiration'),
      onAttemptFailed: () => { this.judged += alive() ? 1 : 0 },
      ...(this.story.approve == null ? {} : { approve: () => this.approves })
    }
  }

  async prepare (): Promise<void> {
    const { alice } = this.stage.nodes
    this.party = await alice.services.parties.create({ name: 'Book club' })
    await this.invite()

    if (this.story.member === true) {
      await this.attempt('right')
      await this.left()
    }

    if (this.story.revoked === true) {
      await this.invitation.cancel()
    }
  }

  async invite (): Promise<void> {
    const { alice } = this.stage.nodes
    this.invitation = await this.party.invite(this.#callbacks(alice))
    this.code = this.invitation.code
    this.pin = this.invitation.pin

    if (this.story.short != null) {
      this.code = await this.invitation.publish()
    }
  }

  /** Bob's person, from the code to an end; undefined: his node was killed, or it never ended. */
  async attempt (deed: Deed = this.story.deed, code = this.code): Promise<End | undefined> {
    const { stage } = this
    const { bob } = stage.nodes
    const ends: Array<Omit<End, 'doubted'>> = []
    const end: { [state: string]: (value?: unknown) => void } = Object.fromEntries(['admitted', 'failed', 'expired'].map(state => [state, (error?: unknown) => { ends.push({ state, ...(error instanceof Error ? { error } : {}) }) }]))
    let doubted = false
    const redemption = bob.services.parties.redeem(code, { onDone: () => { end.admitted?.() }, onError: end.failed, onExpiration: end.expired })
    const person = this.#person(redemption, deed, () => { doubted = true }).catch(() => {})
    const killed = (): boolean => stage.nodes.bob !== bob
    await stage.until(() => ends.length > 0 || killed())

    if (killed()) {
      return undefined
    }

    await person
    // once more around: a second call would come now
    await new Promise(resolve => setTimeout(resolve, 0))

    if (ends.length !== 1) {
      throw new Error(`Bob was told ${ends.length} ends: ${ends.map(({ state, error }) => `${state} ${error?.name ?? ''}`).join(', ')}`)
    }

    return { ...ends[0] as End, doubted }
  }

  async #person (redemption: Redemption, deed: Deed, doubt: () => void): Promise<void> {
    if (deed === 'declines' || deed === 'cancels') {
      await redemption.ready()
      await (deed === 'declines' ? redemption.decline('no time') : redemption.cancel())
      return
    }

    const pins = deed === 'right' ? [this.pin] : [wrongPin({ pin: this.pin } as Invitation), this.pin]

    for (let typed = 0; ; typed++) {
      const pin = pins[typed] ?? this.pin

      try {
        await redemption.setPin(pin)
        return
      } catch (err) {
        if ((err as Error).name !== 'WrongPinError') {
          return
        }

        if (pin === this.pin) {
          doubt()
        }
      }
    }
  }

  /** Until nobody is in a handshake of Alice's. */
  async left (): Promise<void> {
    if (!await this.stage.until(() => this.invitation.getSnapshot().guests === 0)) {
      throw new Error('Alice waits for a guest for ever')
    }
  }

  /** What is left to do goes well: by the same code where it is still good for Bob, or else by a new one. */
  async again (): Promise<'new code' | undefined> {
    const { bob } = this.stage.nodes
    const { status, expiresAt, usedBy } = this.invitation.getSnapshot()
    const over = (status !== 'pending' && !usedBy.some(peer => peer.equals(bob.peerId))) || this.stage.clocks.alice.now() >= (expiresAt ?? Number.POSITIVE_INFINITY)

    if (over) {
      await this.ended()
      this.judged = 0
      this.ends = []
      await this.invite()
    }

    const deed = this.story.deed === 'declines' ? 'declines' : 'right'
    this.approves = this.story.approve == null ? undefined : true
    const next = await this.attempt(deed)
    await this.left()

    if (next == null || (next.error?.name ?? next.state) !== (deed === 'declines' ? 'InvitationDeclinedError' : 'admitted')) {
      throw new Error(`Bob comes again, and fails: ${next?.error?.name ?? next?.state ?? 'it never ends'}`)
    }

    await this.check()

    return over ? 'new code' : undefined
  }

  /** Until Alice has been told that her invitation has ended. */
  async ended (): Promise<void> {
    if (!await this.stage.until(() => this.ends.length > 0)) {
      throw new Error(`Alice is never told that what is ${this.invitation.status} has ended`)
    }
  }

  /** All that must hold, whatever happened. */
  async check (): Promise<void> {
    const { alice, bob } = this.stage.nodes
    const party = this.party as LocalParty
    const key = keyOf(bob.peerId)
    const { status, attemptsLeft, usedBy } = this.invitation.getSnapshot()
    const admits = [...party.log.since([])].filter(({ id }) => { const op = party.log.get(id); return op?.kind === 'ADMIT' && op.payload.first === key })
    const lost = this.fault?.at === 'alice' && this.fault.name === 'killed' ? 1 : 0
    // nobody changes a bit within Noise but the guest: to Alice it is one more guess
    const guessed = this.fault?.name === 'bit flipped' ? 1 : 0
    const problems = [
      ...(admits.length > 1 ? [`Bob was admitted by ${admits.length} ops`] : []),
      ...(usedBy.length > 1 ? ['The invitation was used twice'] : []),
      ...(attemptsLeft > 3 - this.judged ? [`Attempts were gained: ${attemptsLeft} left after ${this.judged} wrong ones`] : []),
      ...(attemptsLeft < 3 - this.judged - lost - guessed ? [`Attempts were lost: ${attemptsLeft} left after ${this.judged} wrong ones`] : []),
      ...(this.judged > 1 + guessed ? [`One wrong PIN was counted ${this.judged} times`] : []),
      ...(this.ends.length > 1 || (status !== 'pending' && this.ends.length !== 1) || (status === 'pending' && this.ends.length > 0)
        ? [`Alice was told ${this.ends.length} ends (${this.ends.join(', ')}) of what is ${status}`]
        : [])
    ]
    const joined = (await bob.services.parties.list()).find(({ key }) => key === this.party.key) as LocalParty | undefined

    if (joined != null && admits.length > 0 && joined.members.length !== this.party.members.length) {
      problems.push(`Alice counts ${this.party.members.length} members, Bob ${joined.members.length}`)
    }

    if (!alice.getConnections().every(({ status }) => status === 'open')) {
      problems.push('A connection neither lives nor has ended')
    }

    if (problems.length > 0) {
      throw new Error(problems.join('; '))
    }
  }
}

/** How a first try ends where nothing goes wrong. */
function endOf ({ deed, approve, revoked, short }: Story): string {
  switch (deed) {
    case 'declines': return 'InvitationDeclinedError'
    case 'cancels': return 'AbortError'
    default: return approve === false ? 'InvitationDeclinedError' : revoked === true ? 'InvitationRevokedError' : short === 'wrong' ? 'InvalidCodeError' : 'admitted'
  }
}

/** Runs it once, with that fault or with none. */
async function play (story: Story, strike?: Strike): Promise<Played> {
  const stage = await Stage.set()
  const it = new Play(stage, story, strike?.fault)

  try {
    await it.prepare()
    stage.watch(story.short == null ? INVITE_PROTOCOL : CODE_PROTOCOL, strike)
    const first = await it.attempt(story.deed, story.short === 'wrong' ? `${it.code.split('-').slice(0, 2).join('-')}-zoo-zoo` : it.code)
    await it.left()
    stage.watch(undefined)
    stage.stores.alice.recover()
    stage.stores.bob.recover()
    const said = first == null ? 'killed' : first.error?.name ?? first.state

    if (strike != null && !stage.struck) {
      return { outcome: undefined, said, stage }
    }

    await it.check()

    // Bob's no reached Alice, or it did not
    if (said === endOf(story) && (story.deed !== 'declines' || it.invitation.status === 'declined')) {
      const again = said === 'admitted' || story.deed === 'declines' || story.revoked === true ? undefined : await it.again()

      return { outcome: again ?? (first?.doubted === true ? 'asked again' : 'as ever'), said, stage }
    }

    return { outcome: await it.again() ?? 'tried again', said, stage }
  } finally {
    await stage.end()
  }
}

const stories: Story[] = [
  { name: 'Bob mistypes, then joins', deed: 'wrong, then right' },
  { name: 'Bob joins, and Alice says yes', deed: 'right', approve: true },
  { name: 'Alice says no', deed: 'right', approve: false },
  { name: 'Bob declines', deed: 'declines' },
  { name: 'Bob goes', deed: 'cancels' },
  { name: 'Bob comes too late', deed: 'right', revoked: true },
  { name: 'Bob comes once more', deed: 'right', member: true },
  { name: 'Bob joins by four words', deed: 'right', short: 'right' },
  { name: 'Bob has two wrong words', deed: 'right', short: 'wrong' }
]

export const handshakes: Scenario[] = stories.map(story => ({ name: story.name, play: async strike => play(story, strike) }))
