/** What the service tells, as news: each thing in one sentence, and what to do about it. */
import { say, settle, tell, tellMore } from './news.js'
import { nameAmong, nameOf } from 'plus-one/elements'
import type { Told } from './news.js'
import type { Route } from './routes.js'
import type { Device, Invitation, Member, Parties, PartiesEvents, Party, Role } from 'plus-one'

/** Parties that this page is leaving: that is no news. */
export const leaving = new Set<string>()

/** Tells from now on. */
export async function watchNews (parties: Parties): Promise<void> {
  const watched = new WeakSet<Invitation>()
  const watch = (invitation: Invitation): void => {
    // of those that ended before, their list tells
    if (!watched.has(invitation) && invitation.status === 'pending') {
      watched.add(invitation)
      watchInvitation(invitation)
    }
  }

  const on = <K extends keyof PartiesEvents> (type: K, told: (detail: PartiesEvents[K]['detail']) => void): void => {
    parties.addEventListener(type, (event) => { told((event).detail) })
  }

  on('invitation', watch)
  on('party', ({ invitations }) => { invitations.getSnapshot().forEach(watch) })
  on('member:join', ({ party, member }) => {
    if (!member.self) {
      tellOf(party, { tone: 'good', parts: () => say`${nameIn(party, member)} joined ${party.name}.` })
    }
  })
  on('member:leave', ({ party, member }) => {
    if (!member.self) {
      tellOf(party, { tone: 'info', parts: () => say`${nameOf(member)} is not a member of ${party.name} any more.` })
    }
  })
  on('member:role', ({ party, member, before, after }) => {
    if (member.self) {
      const isMore = RANKS.indexOf(after) > RANKS.indexOf(before)
      tellOf(party, { tone: isMore ? 'good' : 'warning', parts: () => say`You are ${AS[after]} of ${party.name} now.` })
    }
  })
  /** What others said of a membership before the log did, by party. */
  const said = new Map<string, number>()

  on('removed', (party) => {
    settle(said.get(party.key) ?? 0)

    if (leaving.delete(party.key)) {
      return
    }

    tellOf(party, { tone: 'bad', parts: () => say`You are not a member of ${party.name} any more. To come back, ask a member for an invitation.` })
  })
  on('refused', ({ party, member, reason }) => {
    if (party.role == null) {
      return
    }

    const name = party.memberOf(member)
    const who = name == null ? 'A member' : nameOf(name)
    said.set(party.key, tellMore(said.get(party.key) ?? 0, { ...newsOf(party), tone: 'bad', parts: () => reason === 'removed' ? say`${who} says that you are not a member of ${party.name} any more.` : say`Your admission into ${party.name} does not count. Ask an owner to let you in again.` }))
  })
  on('void', ({ party, kind, member }) => {
    const admitted = kind === 'ADMIT' && member != null ? party.memberOf(member) : undefined

    if (kind === 'ADMIT' && (party.role === 'owner' || party.role === 'admin') && admitted == null) {
      tellOf(party, { tone: 'warning', parts: () => say`An admission into ${party.name} does not count any more: who let them in may not have. Invite them anew if they are to stay.` })
    }
  })
  on('invitation:end', ({ party, item: { createdBy, status, revokedBy } }) => {
    const [mine, by] = [party.memberOf(createdBy)?.self === true, revokedBy == null ? undefined : party.memberOf(revokedBy)]

    if (mine && status === 'revoked' && by?.self === false) {
      tellOf(party, { tone: 'warning', parts: () => say`${nameOf(by)} cancelled your invitation into ${party.name}.` })
    }
  })
  /** The item that tells of invitations: strangers may send any number of them, and take them back. */
  let invited = 0

  on('received', (invitation) => {
    invitation.preview().then(({ party, inviter }) => {
      const count = (): number => parties.received.getSnapshot().length
      invited = tellMore(invited, {
        tone: 'info',
        parts: () => count() > 1 ? [`${count()} invitations wait for your answer.`] : say`${nameOf(inviter)} invites you into ${party.name}.`,
        link: { to: count() > 1 ? { at: 'home' } : { at: 'received', from: invitation.from.toString() }, text: 'Open' }
      })
    }, () => {
      // it is listed, and tried again where it is opened
    })
  })
  on('key-in-use', ({ error }) => { tell({ tone: 'bad', parts: () => [`${error.message}.`] }) })
  on('damaged', ({ message }) => { tell({ tone: 'bad', parts: () => [`${message}.`] }) })

  for (const party of await parties.list()) {
    party.invitations.getSnapshot().forEach(watch)
  }

  watchDevices(parties)
}

const RANKS: readonly Role[] = ['reader', 'writer', 'admin', 'owner']
const AS: Record<Role, string> = { owner: 'an owner', admin: 'an admin', writer: 'a writer', reader: 'a reader' }

function tellOf (party: Party, told: Told): number {
  return tell({ ...newsOf(party), ...told })
}

function newsOf ({ key }: Party): Pick<Told, 'partyKey' | 'link'> {
  return { partyKey: key, link: { to: { at: 'party', key }, text: 'Open' } }
}

/** As known now: the profile may come after the member. */
function nameIn (party: Party, member: Member): string {
  return nameAmong(party.members.find(({ id }) => id === member.id) ?? member, party.members)
}

/** Its wrong PINs, noes and end; and who waits for a yes, for as long as they wait. */
function watchInvitation (invitation: Invitation): void {
  const { party, id } = invitation
  const isDevice = party.kind === 'person'
  const into = isDevice ? 'your devices' : party.name
  const to: Route = isDevice ? { at: 'devices' } : { at: 'party', key: party.key, invite: id }
  const news = (told: Omit<Told, 'partyKey' | 'link'>, text = 'Open'): Told => ({ ...(isDevice ? {} : { partyKey: party.key }), link: { to, text }, ...told })
  const waiting = new Map<string, number>()

  invitation.on({
    onAttemptFailed: ({ attemptsLeft }) => {
      tell(attemptsLeft > 0
        ? news({ tone: 'warning', parts: () => say`Wrong PIN for ${into}: ${attemptsLeft === 1 ? '1 attempt' : `${attemptsLeft} attempts`} left. If it was not who you invited, cancel the invitation.` })
        : news({ tone: 'bad', parts: () => say`Too many wrong PINs: the invitation into ${into} is locked. Make a new one, and say its PIN only to who you invite.` }))
    },
    onDecline: ({ reason }) => { tell(news({ tone: 'warning', parts: () => reason === '' ? say`The invitation into ${into} was declined.` : say`The invitation into ${into} was declined: “${reason}”.` })) },
    onExpiration: () => { tell(news({ tone: 'warning', parts: () => say`The invitation into ${into} expired. Make a new one if it is still wanted.` })) },
    onShortCode: (shortCode) => { tell(news({ tone: 'warning', parts: () => shortCode == null ? say`Somebody keeps guessing at the four words for ${into}: send the link instead.` : say`Somebody guessed at the four words for ${into}. There are new ones: say those.` })) }
  })

  const follow = (): void => {
    const { candidates } = invitation.getSnapshot()
    const now = new Set(candidates.map(({ peerId }) => peerId.toString()))

    for (const candidate of candidates) {
      const key = candidate.peerId.toString()

      if (!waiting.has(key)) {
        waiting.set(key, tell(news({ tone: 'info', parts: () => isDevice ? ['A device waits to be added.'] : say`${nameOf(candidate)} waits to join ${into}.` }, 'Answer'), true))
      }
    }

    for (const [key, item] of waiting) {
      if (!now.has(key)) {
        waiting.delete(key)
        settle(item)
      }
    }
  }

  invitation.subscribe(follow)
  follow()
}

/** Devices that come and go while the page is open. */
function watchDevices ({ person }: Parties): void {
  let before = person.devices
  const link = { to: { at: 'devices' } as const, text: 'Open' }
  const nameIn = ({ peerId, name }: Device): string => (person.devices.find(device => device.peerId.equals(peerId))?.name ?? name) || 'A device'

  person.subscribe(() => {
    const now = person.devices
    const isNew = (device: Device): boolean => before.length > 0 && !device.self && !before.some(({ peerId }) => peerId.equals(device.peerId))
    const isGone = (device: Device): boolean => !now.some(({ peerId }) => peerId.equals(device.peerId))

    now.filter(isNew).forEach((device) => {
      tell({ tone: 'info', link, parts: () => say`${nameIn(device)} is one of your devices now. If you did not add it, unlink it.` })
    })
    before.filter(isGone).forEach((device) => {
      tell({ tone: device.self ? 'bad' : 'info', link, parts: () => device.self ? ['This device was unlinked: what it does does not count any more.'] : say`${device.name || 'A device'} is unlinked.` })
    })
    before = now
  })
}
