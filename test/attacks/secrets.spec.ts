/** PIN, secret and code show nowhere but in `Invitation.code`, `pin` and `link`. */
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { toString } from 'uint8arrays/to-string'
import { parseCode } from '../../src/codec/index.js'
import { createNetwork } from '../../src/testing/index.js'
import { epochOf } from '../../src/keys/index.js'
import { recoveryKeysOf } from '../../src/person/recovery-keys.js'
import { entropyOf, wordsOf } from '../../src/person/words.js'
import { parseShortCode } from '../../src/rendezvous/words.js'
import { wrongPin } from '../helpers/parties.js'
import { createBoard } from '../helpers/rendezvous.js'
import { codeNaming, lies, stranger, watched } from '../helpers/attackers.js'
import type { Invitation } from '../../src/index.js'
import type { LocalParty } from '../../src/parties/party.js'
import type { NodeInit, TestNode } from '../../src/testing/index.js'
import type { ComponentLogger, Libp2p, Logger } from '@libp2p/interface'

const BASES = ['hex', 'base16upper', 'base32', 'base32upper', 'base64', 'base64url', 'base58btc'] as const

/** Whatever a logger, an inspector or a screen could show of a value. */
function shown (value: unknown, depth = 5, seen = new Set<unknown>()): string {
  if (value instanceof Uint8Array) {
    return [...BASES.map(base => toString(value, base)), toString(value, 'latin1'), [...value].join(',')].join(' ')
  }

  if (value == null || (typeof value !== 'object' && typeof value !== 'function')) {
    return String(value)
  }

  if (depth === 0 || seen.has(value)) {
    return ''
  }

  seen.add(value)
  const parts: string[] = []

  try {
    // as %p, %a and their like would print it
    // eslint-disable-next-line @typescript-eslint/no-base-to-string -- whatever text it has is what is looked at
    parts.push(String(value))
  } catch {
    // no text of its own
  }

  if (value instanceof Error) {
    parts.push(value.name, value.message, value.stack ?? '', shown(value.cause, depth, seen))
  }

  try {
    parts.push(JSON.stringify(value, (_, part: unknown) => typeof part === 'bigint' ? `${part}` : part) ?? '')
  } catch {
    // circular: its own fields, below
  }

  for (const [key, part] of value instanceof Map ? value : Object.entries(value)) {
    parts.push(String(key), shown(part, depth - 1, seen))
  }

  return parts.join('\n')
}

/** Everything that is logged, by all components, at every level. */
function captured (into: string[]): ComponentLogger {
  const forComponent = (name: string): Logger => {
    const line = (format: unknown, ...values: unknown[]): void => { into.push([name, shown(format), ...values.map(value => shown(value))].join(' ')) }

    return Object.assign(line, { enabled: true, error: line, trace: line, newScope: (scope: string) => forComponent(`${name}:${scope}`) }) as Logger
  }

  return { forComponent }
}

let seen: string[]
let nodes: Libp2p[]

async function node (init: NodeInit = {}): Promise<TestNode> {
  const started = await watched(captured(seen), init)
  nodes.push(started)
  started.services.parties.addEventListener('party', ({ detail }) => { seen.push(shown(detail), shown(detail.getSnapshot())) })
  started.services.parties.addEventListener('invitation', ({ detail }) => { seen.push(shown(detail), shown(detail.getSnapshot())) })

  return started
}

/** Callbacks that show all that they are given. */
function watch (): Record<'onDone' | 'onError' | 'onExpiration' | 'onAttemptFailed' | 'onJoin', (value?: unknown) => void> {
  const show = (value?: unknown): void => { seen.push(shown(value)) }

  return { onDone: show, onError: show, onExpiration: show, onAttemptFailed: show, onJoin: show }
}

async function failing (promise: Promise<unknown>): Promise<string> {
  return promise.then(() => 'none', (err: unknown) => {
    seen.push(shown(err))
    return (err as Error).name
  })
}

/** None of these, in any writing. */
function nowhere (invitation: { code: string, pin: string }, ...typed: string[]): void {
  const text = seen.join('\n')
  const { secret } = parseCode(invitation.code)
  const body = invitation.code.slice(0, 40)
  expect(text.length).toBeGreaterThan(1000)

  for (const base of BASES) {
    // base32 and base64 of the secret as it stands alone, whole groups of it
    expect(text.includes(toString(secret, base)), `the secret in ${base}`).toBe(false)
  }

  expect(text.includes([...secret].join(',')), 'the secret in decimal').toBe(false)
  expect(text.toUpperCase().includes(body), 'the code').toBe(false)

  for (const pin of [invitation.pin, ...typed]) {
    // six digits may show by chance within longer ones, never by themselves
    expect(new RegExp(`(?<![0-9A-Za-z.])${pin}(?![0-9A-Za-z])`).test(text), `a PIN, ${pin}`).toBe(false)
    expect(text.includes(`${pin.slice(0, 3)} ${pin.slice(3)}`), 'a PIN, as said').toBe(false)
    expect(text.includes(toString(utf8ToBytes(pin), 'hex')), 'a PIN in hex').toBe(false)
    expect(text.includes([...utf8ToBytes(pin)].join(',')), 'a PIN in decimal').toBe(false)
  }
}

beforeEach(() => {
  seen = []
  nodes = []
})

afterEach(async () => {
  await Promise.all(nodes.map(async started => started.stop()))
})

describe('with every log line, event, error and snapshot read', () => {
  it('the watch itself works: what is logged in bytes, in an error\'s cause or in a field is found', () => {
    const invitation = { code: '', pin: '204958' }
    seen.push('x'.repeat(1001), shown(new Error('a', { cause: new Error('b', { cause: { pin: '204958' } }) })))
    expect(() => {
      const text = seen.join('\n')
      expect(new RegExp(`(?<![0-9A-Za-z.])${invitation.pin}(?![0-9A-Za-z])`).test(text)).toBe(false)
    }).toThrow()
    expect(shown({ deep: { bytes: Uint8Array.of(1, 2, 255) } })).toContain('0102ff')
  })

  it('Alice invites Bob: wrong PIN, right PIN', async () => {
    const [alice, bob] = await Promise.all([node(), node()])
    const party = await alice.services.parties.create({ name: 'Book club' })
    const invitation = await party.invite(watch())
    const secrets = { code: invitation.code, pin: invitation.pin }
    const wrong = wrongPin(invitation)
    invitation.subscribe(() => { seen.push(shown(invitation.getSnapshot())) })
    party.subscribe(() => { seen.push(shown(party.getSnapshot())) })
    const { code, ...preview } = await bob.services.parties.lookup(invitation.code)
    // whoever gives the code gets it back, and nothing else holds it
    expect(code).toBe(invitation.code)
    const redemption = bob.services.parties.redeem(invitation.code, watch())
    redemption.subscribe(() => { seen.push(shown(redemption.getSnapshot()), shown(redemption)) })
    seen.push(shown(preview), shown(invitation), shown(party.invitations))
    expect(await failing(redemption.setPin(wrong))).toBe('WrongPinError')
    const bobs = await redemption.setPin(secrets.pin)
    await vi.waitFor(() => { expect(invitation.status).toBe('used') })
    await bobs.open(await party.seal(utf8ToBytes('hello')))
    seen.push(shown(redemption), shown(invitation), shown(alice.services), shown(bob.services), shown(party.epoch))
    // the watch saw what it may see
    for (const told of ['libp2p:', party.key, bob.peerId.toString(), 'Wrong PIN', 'Book club']) {
      expect(seen.some(text => text.includes(told)), told).toBe(true)
    }
    nowhere(secrets, wrong)

    // nor the party's key, which Alice gave him
    const [epoch] = (await (bobs as LocalParty).keys()).keyring.all()
    const text = seen.join('\n')
    const { sealing } = epochOf([epoch!])

    for (const bytes of [epoch!.secret, sealing]) {
      expect([...BASES.map(base => toString(bytes, base)), [...bytes].join(',')].filter(writing => text.includes(writing))).toEqual([])
    }
  })

  it('Alice says four words, which Bob and Eve mistype; she looks at Bob before he is in', async () => {
    const { rendezvous } = createBoard()
    const [alice, bob] = await Promise.all([node({ rendezvous: [rendezvous] }), node({ rendezvous: [rendezvous] })])
    const party = await alice.services.parties.create({ name: 'Book club' })
    const fresh: string[] = []
    const invitation = await party.invite({ ...watch(), approval: true, onShortCode: (shortCode) => { fresh.push(shortCode ?? '') } })
    invitation.subscribe(() => { seen.push(shown(invitation), shown(invitation.getSnapshot())) })
    const secrets = { code: invitation.code, pin: invitation.pin }
    const first = await invitation.publish()
    const { nameplate } = parseShortCode(first)
    const wrong = ['zoo zoo', 'zone zone', 'zero zero']

    for (const words of wrong) {
      expect(await failing(bob.services.parties.lookup(`${nameplate} ${words}`, { onProgress: event => { seen.push(shown(event)) } }))).toBe('InvalidCodeError')
    }

    await vi.waitFor(() => { expect(fresh).toHaveLength(1) })
    expect(await failing(bob.services.parties.lookup(first))).toBe('InvitationNotFoundError')
    const redemption = bob.services.parties.redeem(fresh[0] ?? '', watch())
    redemption.subscribe(() => { seen.push(shown(redemption.getSnapshot()), shown(redemption)) })
    const admission = redemption.setPin(secrets.pin)
    await vi.waitFor(() => { expect(invitation.admit(bob.peerId)).toBe(true) })
    await admission
    seen.push(shown(alice.services), shown(bob.services), shown(party.invitations))
    nowhere(secrets)

    const text = seen.join('\n').toLowerCase()

    for (const { words } of [...[first, ...fresh].map(parseShortCode), { words: 'zone-zone' }]) {
      for (const form of [words, words.replace('-', ' '), toString(utf8ToBytes(words), 'hex')]) {
        expect(text.includes(form), 'the secret words').toBe(false)
      }
    }
  })

  it('Alice links a laptop, which she looks at first; she invites Bob by his key, removes Carol, and the new key is asked for', async () => {
    const [alice, bob, carol, laptop] = await Promise.all([node(), node(), node(), node()])
    const party = await alice.services.parties.create({ name: 'Book club' })
    const person = alice.services.parties.person
    person.subscribe(() => { seen.push(shown(person.getSnapshot())) })
    bob.services.parties.addEventListener('received', ({ detail }) => { seen.push(shown(detail), shown(bob.services.parties.received.getSnapshot())) })

    const added = await person.invite({ ...watch(), approve: (candidate) => { seen.push(shown(candidate)); return true } })
    const secrets = [{ code: added.code, pin: added.pin }]
    const wrong = wrongPin(added)
    const linking = laptop.services.parties.redeem(added.code, watch())
    linking.subscribe(() => { seen.push(shown(linking.getSnapshot())) })
    expect(await failing(linking.setPin(wrong))).toBe('WrongPinError')
    await linking.setPin(added.pin)

    const open = await party.invite(watch())
    secrets.push({ code: open.code, pin: open.pin })
    await carol.services.parties.redeem(open.code).setPin(open.pin)
    const direct = await party.invite({ ...watch(), to: bob.peerId, pin: false })
    await bob.dial(alice.getMultiaddrs())
    await vi.waitFor(() => { expect(bob.services.parties.received.getSnapshot()).toHaveLength(1) })
    const [received] = bob.services.parties.received.getSnapshot()
    seen.push(shown(await received?.preview()))
    const bobs = await received?.accept(watch()).accept() as LocalParty
    const [before] = (await bobs.keys()).keyring.all()
    await party.remove(carol.peerId)
    await bobs.open(await party.seal(utf8ToBytes('without Carol')))
    seen.push(...[alice, bob, carol, laptop].flatMap(({ services }) => [shown(services), shown(services.parties.person)]), shown(direct), shown(bobs.epoch))
    secrets.forEach((secret) => { nowhere(secret, wrong) })

    const text = seen.join('\n')
    const all = (await bobs.keys()).keyring.all()
    expect(all.length).toBeGreaterThan(1)
    expect(text.toUpperCase().includes(direct.code.slice(0, 40)), 'the direct code').toBe(false)

    for (const bytes of [parseCode(direct.code).secret, ...[before, ...all].flatMap(epoch => epoch == null ? [] : [epoch.secret, epochOf([epoch]).sealing])]) {
      expect([...BASES.map(base => toString(bytes, base)), [...bytes].join(',')].filter(writing => text.includes(writing))).toEqual([])
    }
  })

  it('every way to fail', async () => {
    const [alice, bob] = await Promise.all([node(), node()])
    const party = await alice.services.parties.create({ name: 'Book club' })
    const { parties } = bob.services
    const all: Array<{ code: string, pin: string }> = []
    const invite = async (options = {}): Promise<Invitation> => {
      const invitation = await party.invite({ ...watch(), ...options })
      all.push({ code: invitation.code, pin: invitation.pin })
      return invitation
    }

    const locked = await invite()
    const guesses = [1, 2, 3].map(nth => wrongPin(locked, nth))
    const guessing = parties.redeem(locked.code, watch())
    for (const guess of guesses) {
      await failing(guessing.setPin(guess))
    }
    expect(await failing(parties.redeem(locked.code).ready())).toBe('InvitationLockedError')

    const revoked = await invite()
    const told = parties.redeem(revoked.code, watch())
    await told.ready()
    await revoked.cancel()
    expect(await failing(told.setPin(all[1]?.pin ?? ''))).toBe('InvitationRevokedError')

    const declined = await invite()
    const no = parties.redeem(declined.code, watch())
    await no.ready()
    await no.decline('not now')

    const misread = await invite()
    const mistyped = misread.code.slice(0, -1) + (misread.code.endsWith('A') ? 'B' : 'A')
    expect(await failing(Promise.resolve().then(() => parties.redeem(mistyped)))).toBe('InvalidCodeError')
    expect(await failing(parties.lookup(mistyped))).toBe('InvalidCodeError')
    const odd = parties.redeem(misread.code, watch())
    await odd.ready()
    expect(await failing(odd.setPin(`${all[3]?.pin}7`))).toBe('InvalidPinError')
    await odd.cancel()

    const eve = await stranger()
    nodes.push(eve)
    const { secret } = parseCode(misread.code)
    await lies(eve, { secret })
    const fooled = parties.redeem(codeNaming(eve, misread.code), watch())
    const given = guesses.map(guess => guess.split('').reverse().join(''))
    for (const pin of given) {
      await failing(fooled.setPin(pin))
    }

    const stopped = await invite()
    const cut = parties.redeem(stopped.code, watch())
    await cut.ready()
    await alice.stop()
    await cut.cancel()

    for (const invitation of all) {
      nowhere(invitation, ...guesses, ...given)
    }
  })

  it('a code of words or a link in an error: never quoted back', async () => {
    const network = createNetwork()
    const bob = await network.node()

    for (const text of ['https://example.org/#SECRETSECRETSECRETSECRET', 'SECRETSECRETSECRETSECRET', 'plus-one:SECRETSECRET']) {
      expect(await failing(bob.services.parties.lookup(text))).toBe('InvalidCodeError')
    }

    expect(seen.join('\n').toUpperCase()).not.toContain('SECRETSECRET')
    await network.stop()
  })

  it('Alice recovers, with wrong words, with hers, from who knows her and who does not', async () => {
    const [alice, bob] = await Promise.all([node(), node()])
    const party = await alice.services.parties.create({ name: 'Book club' })
    const { code, pin } = await party.invite({ role: 'admin' })
    const bobs = await bob.services.parties.redeem(code).setPin(pin)
    const words = await alice.services.parties.person.recovery.words()
    const backup = await alice.services.parties.person.backup()
    seen.push(shown(backup), shown(alice.services.parties.person), shown(alice.services.parties.person.getSnapshot()), shown(alice.services.parties.person.recovery))
    const phone = await node()
    const next = (await bobs.invite({ role: 'reader' })).code
    const others = wordsOf(new Uint8Array(16).fill(4)).join(' ')
    const onProgress = (event: unknown): void => { seen.push(shown(event)) }
    expect(await failing(phone.services.parties.recover(words.join(' ').replace(/^\S+/, 'zzzz'), { code: next, onProgress }))).toBe('InvalidWordsError')
    expect(await failing(phone.services.parties.recover(words.toReversed().join(' '), { code: next, onProgress }))).toMatch(/InvalidWordsError|NoSeatError/)
    expect(await failing(phone.services.parties.recover(others, { code: next, onProgress }))).toBe('NoSeatError')
    expect(await failing(phone.services.parties.recover(others, { backup, onProgress }))).toBe('InvalidBackupError')
    seen.push(shown(await phone.services.parties.recover(words.join(' '), { code: next, onProgress })))
    seen.push(shown(phone.services.parties.person.getSnapshot()))

    const text = seen.join('\n')
    const entropy = entropyOf(words.join(' '))
    const { privateKey, backup: secret } = await recoveryKeysOf(entropy)

    for (const bytes of [entropy, privateKey.raw.subarray(0, 32), secret]) {
      BASES.forEach(base => { expect(text.includes(toString(bytes, base)), base).toBe(false) })
      expect(text.includes([...bytes].join(',')), 'in decimal').toBe(false)
    }

    // a word shows by chance, two in a row do not
    for (const [i, word] of words.slice(1).entries()) {
      expect(new RegExp(`${words[i]}[^a-z]{1,3}${word}`).test(text), 'words').toBe(false)
    }
  })
})
