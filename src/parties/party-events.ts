/** What an app is told of a party, as events of the service. Loaded with the first one. */
import { KeyInUseError } from '../errors.js'
import { peerIdOf } from '../log/terms.js'
import { voidedOf } from './voided-op.js'
import type { App } from './app.js'
import type { LocalParty } from './party.js'
import type { PartyListener } from './party-listener.js'

export function listenerFor (app: App): PartyListener {
  return {
    onRemoved: (party) => { app.safeDispatchEvent('removed', { detail: party }) },
    onRefused: (party, refused) => { app.safeDispatchEvent('refused', { detail: { party, ...refused } }) },
    onInUse: (party) => { app.safeDispatchEvent('key-in-use', { detail: { party, error: new KeyInUseError() } }) },
    onInvitationEnd: (party, item) => { app.safeDispatchEvent('invitation:end', { detail: { party, item } }) },
    onMember: (party, member, before, after) => {
      if (before != null && after != null) {
        app.safeDispatchEvent('member:role', { detail: { party, member, before, after } })
      } else {
        app.safeDispatchEvent(after == null ? 'member:leave' : 'member:join', { detail: { party, member } })
      }
    },
    onDevice: (party, member, device, isLinked) => { app.safeDispatchEvent(isLinked ? 'device:link' : 'device:unlink', { detail: { party, member, device } }) },
    onPresence: (party, member) => { app.safeDispatchEvent(member.online ? 'member:online' : 'member:offline', { detail: { party, member } }) },
    onEpoch: (party, epoch) => { app.safeDispatchEvent('epoch', { detail: { party, epoch } }) }
  }
}

/** Tells of what its log comes to. */
export function tellOfLog (app: App, party: LocalParty): void {
  const { log } = party
  log.addEventListener('void', ({ detail }) => { app.safeDispatchEvent('void', { detail: { party, ...voidedOf(log, detail) } }) })
  log.addEventListener('unvoid', ({ detail: { op } }) => { app.safeDispatchEvent('unvoid', { detail: { party, id: op.id } }) })
  log.addEventListener('fork', ({ detail: { author, ops: [one, other] } }) => {
    app.safeDispatchEvent('fork', { detail: { party, member: peerIdOf(author), ops: [one.id, other.id] } })
  })
}
