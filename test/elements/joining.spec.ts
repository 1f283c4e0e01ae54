import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InvalidCodeError, InvitationExpiredError, InvitationNotFoundError, InviterUnreachableError, WrongPinError } from '../../src/errors.js'
import { begin, next } from '../../src/elements/joining.js'
import type { Asked, Joining, JoiningEffect, JoiningEvent, JoiningState } from '../../src/elements/joining.js'
import type { InvitationPreview, Party, RedemptionSnapshot } from '../../src/interface/index.js'

const ALICES = 'alices-code'
const MALLORYS = 'mallorys-code'

/** Who invites whom into what: here its name alone matters. */
const into = (name: string, more: Partial<InvitationPreview> = {}): InvitationPreview => ({ party: { key: name, name, kind: 'group' }, role: 'writer', memberCount: 1, attemptsLeft: 3, pin: { length: 6, alphabet: '0123456789' }, approval: false, ...more } as InvitationPreview)
const told = (snapshot: Partial<RedemptionSnapshot>, turn = 1): JoiningEvent => ({ type: 'told', turn, snapshot: { state: 'connecting', ...snapshot } })

/** The way to each state, of Alice's code. */
const WAYS: Record<JoiningState, JoiningEvent[]> = (() => {
  const looking: JoiningEvent[] = [{ type: 'code', invitation: ALICES }]
  const preview: JoiningEvent[] = [...looking, { type: 'looked', turn: 1, preview: into('Book club') }]
  const connecting: JoiningEvent[] = [...preview, { type: 'join' }]
  const pin = [...connecting, told({ state: 'pin-required', preview: into('Book club') })]
  const checking: JoiningEvent[] = [...pin, { type: 'pin', pin: '123456' }]
  const declining: JoiningEvent[] = [...preview, { type: 'decline', reason: '' }]

  return {
    empty: [],
    looking,
    mending: [...looking, { type: 'failed', turn: 1, error: new InvalidCodeError() }],
    offline: [{ type: 'online', online: false }, ...looking],
    preview,
    connecting,
    pin,
    checking,
    waiting: [...checking, told({ state: 'waiting', comparison: 'KXQ-27M' })],
    joined: [...checking, told({ state: 'admitted', party: {} as Party })],
    declining,
    declined: [...declining, { type: 'declined', turn: 1, told: true }],
    cancelled: [...preview, { type: 'cancel' }],
    over: [...checking, told({ state: 'expired', error: new InvitationExpiredError() })]
  }
})()

const follow = (events: JoiningEvent[], from = begin()): Joining => events.reduce((joining, event) => next(joining, event)[0], from)
const at = (state: JoiningState): Joining => follow(WAYS[state])

/** What may happen, `turn` being the one that runs. */
const EVENTS: Record<string, (turn: number) => JoiningEvent> = {
  otherCode: () => ({ type: 'code', invitation: MALLORYS }),
  sameCode: () => ({ type: 'code', invitation: ALICES }),
  noCode: () => ({ type: 'code' }),
  online: () => ({ type: 'online', online: true }),
  offline: () => ({ type: 'online', online: false }),
  looked: turn => ({ type: 'looked', turn, preview: into('Book club') }),
  failed: turn => ({ type: 'failed', turn, error: new InviterUnreachableError() }),
  mistyped: turn => ({ type: 'failed', turn, error: new InvalidCodeError() }),
  asked: turn => told({ state: 'pin-required' }, turn),
  admitted: turn => told({ state: 'admitted' }, turn),
  expired: turn => told({ state: 'expired', error: new InvitationExpiredError() }, turn),
  noPin: turn => ({ type: 'pin-refused', turn, error: new Error() }),
  declined: turn => ({ type: 'declined', turn, told: true }),
  overdue: turn => ({ type: 'overdue', turn }),
  join: () => ({ type: 'join' }),
  pin: () => ({ type: 'pin', pin: '654321' }),
  decline: () => ({ type: 'decline', reason: 'no' }),
  cancel: () => ({ type: 'cancel' }),
  retry: () => ({ type: 'retry' }),
  edit: () => ({ type: 'edit' })
}

/** State × event: the next state, `·` the same as it was. */
const TABLE = `
           otherCode sameCode noCode online  offline looked  failed mistyped asked admitted expired noPin declined overdue join       pin      decline   cancel    retry   edit
empty      looking   looking  empty  ·       ·       ·       ·      ·        ·     ·        ·       ·     ·        ·       ·          ·        ·         cancelled ·       ·
mending    looking   looking  empty  ·       ·       ·       ·      ·        ·     ·        ·       ·     ·        ·       ·          ·        ·         cancelled looking ·
offline    offline   ·        empty  looking ·       ·       ·      ·        ·     ·        ·       ·     ·        ·       ·          ·        ·         cancelled ·       ·
looking    looking   ·        empty  ·       offline preview over   mending  ·     ·        ·       ·     ·        ·       ·          ·        ·         cancelled ·       ·
preview    looking   ·        empty  ·       ·       ·       ·      ·        ·     ·        ·       ·     ·        looking connecting ·        declining cancelled ·       mending
connecting looking   ·        empty  ·       ·       ·       over   mending  pin   joined   over    ·     ·        ·       ·          ·        ·         cancelled ·       ·
pin        looking   ·        empty  ·       ·       ·       ·      ·        pin   joined   over    ·     ·        ·       ·          checking declining cancelled ·       ·
checking   looking   ·        empty  ·       ·       ·       ·      ·        pin   joined   over    pin   ·        ·       ·          ·        ·         cancelled ·       ·
waiting    looking   ·        empty  ·       ·       ·       ·      ·        pin   joined   over    ·     ·        ·       ·          ·        declining cancelled ·       ·
joined     looking   ·        empty  ·       ·       ·       ·      ·        ·     ·        ·       ·     ·        ·       ·          ·        ·         ·         ·       ·
declining  looking   ·        empty  ·       ·       ·       over   mending  ·     joined   over    ·     declined ·       ·          ·        ·         cancelled ·       ·
declined   looking   looking  empty  ·       ·       ·       ·      ·        ·     ·        ·       ·     ·        ·       ·          ·        ·         ·         looking ·
cancelled  looking   looking  empty  ·       ·       ·       ·      ·        ·     ·        ·       ·     ·        ·       ·          ·        ·         ·         looking mending
over       looking   looking  empty  ·       ·       ·       ·      ·        ·     ·        ·       ·     ·        ·       ·          ·        ·         cancelled looking mending
`.trim().split('\n').map(line => line.trim().split(/\s+/))
const [HEAD = [], ...ROWS] = TABLE

describe('Joining', () => {
  it.each(ROWS.map(([state = '', ...cells]) => ({ state: state as JoiningState, cells })))('in $state: each event leads where the table says', ({ state, cells }) => {
    const joining = at(state)
    expect(joining.state).toBe(state)
    expect(Object.fromEntries(HEAD.map(event => [event, next(joining, EVENTS[event]?.(joining.turn) as JoiningEvent)[0].state])))
      .toEqual(Object.fromEntries(HEAD.map((event, i) => [event, cells[i] === '·' ? state : cells[i]])))
  })

  it('has a row for each state, and a column for each event', () => {
    expect(ROWS.map(([state]) => state).sort()).toEqual(Object.keys(WAYS).sort())
    expect(HEAD).toEqual(Object.keys(EVENTS))
  })

  it('shows nothing of Mallory\'s invitation while a PIN is given on Alice\'s: another link ends what ran, and what that still tells is not heard', () => {
    const [mallorys, effects] = next(at('pin'), { type: 'code', invitation: MALLORYS })
    expect(mallorys).toMatchObject({ state: 'looking', invitation: MALLORYS, turn: 2 })
    expect(mallorys.preview).toBeUndefined()
    expect(effects).toEqual([{ type: 'stop' }, { type: 'look', turn: 2, invitation: MALLORYS }])
    // the PIN that was half typed goes nowhere
    expect(next(mallorys, { type: 'pin', pin: '123456' })[1]).toEqual([])
    expect(follow([told({ state: 'admitted', party: {} as Party }), { type: 'looked', turn: 1, preview: into('Book club') }], mallorys)).toBe(mallorys)
  })

  it('tells that another link has taken the place of the one on the screen, until that is over', () => {
    const alice = { profile: { displayName: 'Alice' } } as InvitationPreview['inviter']
    const before = follow([told({ state: 'pin-required', preview: into('Book club', { inviter: alice }) })], at('connecting'))
    const mallorys = follow([{ type: 'code', invitation: MALLORYS }, { type: 'online', online: false }, { type: 'online', online: true }], before)
    expect(mallorys).toMatchObject({ state: 'looking', insteadOf: alice })
    expect(follow([{ type: 'looked', turn: mallorys.turn, preview: into('Chess evening') }, { type: 'join' }], mallorys)).toMatchObject({ state: 'connecting', insteadOf: alice })
    // nothing was seen of the second one yet, when the third came
    expect(follow([{ type: 'code', invitation: 'carols-code' }], mallorys)).toMatchObject({ insteadOf: alice })
    // where nothing was under way, nothing was replaced
    for (const state of ['empty', 'over', 'cancelled', 'declined', 'joined'] as const) {
      expect(follow([{ type: 'code', invitation: MALLORYS }], { ...at(state), preview: into('Book club', { inviter: alice }) }).insteadOf).toBeUndefined()
    }
  })

  it('keeps no old error under a new preview', () => {
    const again = follow([{ type: 'code', invitation: MALLORYS }, { type: 'looked', turn: 2, preview: into('Chess evening') }], at('over'))
    expect(again).toMatchObject({ state: 'preview', preview: { party: { name: 'Chess evening' } } })
    expect(again.error).toBeUndefined()
  })

  it('keeps who invites into what when the network goes while the PIN is asked for', () => {
    expect(follow([{ type: 'online', online: false }, told({ state: 'connecting' })], at('pin'))).toMatchObject({ state: 'connecting', preview: { party: { name: 'Book club' } } })
  })

  it('believes the redemption over the lookup', () => {
    expect(follow([told({ state: 'pin-required', preview: into('Book club, renamed', { attemptsLeft: 1 }), attemptsLeft: 1 })], at('connecting'))).toMatchObject({ preview: { party: { name: 'Book club, renamed' } }, attemptsLeft: 1 })
  })

  it('lets a wrong PIN be typed again, and forgets that it was wrong as soon as it is', () => {
    const wrong = follow([told({ state: 'pin-required', error: new WrongPinError(2), attemptsLeft: 2 })], at('checking'))
    expect(wrong).toMatchObject({ state: 'pin', attemptsLeft: 2, error: { name: 'WrongPinError' } })
    expect(follow([{ type: 'pin', pin: '654321' }, told({ state: 'authenticating', error: new WrongPinError(2) })], wrong).error).toBeUndefined()
  })

  it('says yes at once where no PIN is asked for, once', () => {
    const [checking, effects] = next(at('connecting'), told({ state: 'pin-required', preview: into('Book club', { pin: false }) }))
    expect([checking.state, effects]).toEqual(['checking', [{ type: 'accept', turn: 1 }]])
    expect(next(checking, told({ state: 'pin-required' }))[1]).toEqual([])
  })

  it('takes words that lead to nobody for misheard, and a full code for no longer known', () => {
    const notFound = (invitation: string): JoiningState => follow([{ type: 'code', invitation }, { type: 'failed', turn: 1, error: new InvitationNotFoundError() }]).state
    expect(notFound('maple orbit ostrich violin')).toBe('mending')
    expect(notFound(ALICES)).toBe('over')
  })

  it('looks again when the time is over by the clock here, and goes on showing what it knew', () => {
    const [looking, effects] = next(at('preview'), { type: 'overdue', turn: 1 })
    expect(looking).toMatchObject({ state: 'looking', preview: { party: { name: 'Book club' } } })
    expect(effects).toEqual([{ type: 'stop' }, { type: 'look', turn: 2, invitation: ALICES }])
  })

  const events = fc.array(fc.tuple(fc.constantFrom(...HEAD), fc.integer({ min: 0, max: 2 })), { maxLength: 30 })

  /** All steps of a history; some events are of an earlier turn. */
  const steps = (history: Array<[string, number]>): Array<{ before: Joining, event: JoiningEvent, after: Joining, effects: readonly JoiningEffect[] }> => {
    let joining = begin()

    return history.map(([name, ago]) => {
      const event = EVENTS[name]?.(joining.turn - ago) as JoiningEvent
      const [after, effects] = next(joining, event)
      const step = { before: joining, event, after, effects }
      joining = after

      return step
    })
  }

  it('whatever happens: the code is never forgotten, and what is shown and done is of that code and turn', () => {
    fc.assert(fc.property(events, (history) => {
      let asked: Asked | undefined

      for (const { event, after, effects } of steps(history)) {
        asked = event.type === 'code' ? event.invitation : asked
        expect(after.invitation).toBe(asked)
        effects.forEach((effect) => {
          expect('turn' in effect ? effect.turn : after.turn).toBe(after.turn)
          expect('invitation' in effect ? effect.invitation : asked).toBe(asked)
        })
      }
    }))
  })

  it('whatever happens: a PIN leaves only where it was asked for, and nothing begins before what ran is stopped', () => {
    fc.assert(fc.property(events, (history) => {
      for (const { before, after, effects } of steps(history)) {
        const types = effects.map(({ type }) => type)
        expect(types.includes('give-pin')).toBe(before.state === 'pin' && after.state === 'checking' && before.turn === after.turn)
        expect(after.turn === before.turn || types[0] === 'stop').toBe(true)
        expect(types.includes('look') && types[0] !== 'stop').toBe(false)
        expect(after.error == null || ['mending', 'pin', 'over'].includes(after.state)).toBe(true)
      }
    }))
  })
})
