import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { approve } from '../../cli/src/approve.js'
import { codeOf, completeLast } from '../../cli/src/code.js'
import { answerInvitations } from '../../cli/src/inbox.js'
import { Output } from '../../cli/src/output.js'
import { Prompt } from '../../cli/src/prompt.js'
import { callbacks, connect, story } from '../helpers/parties.js'
import type { Context } from '../../cli/src/context.js'
import type { Candidate, Invitation } from '../../src/index.js'
import type { Story } from '../helpers/parties.js'

interface Terminal {
  context: Context
  /** Types a line. */
  type: (line: string) => void
  /** Presses keys. */
  write: (keys: string) => void
  /** Resolves when the next key has been understood. */
  pressed: () => Promise<unknown>
  hangUp: () => void
  /** Resolves once people have been told this, so many times. */
  said: (text: string, times?: number) => Promise<void>
  screen: () => string
  end: AbortController
}

/** A person at a terminal, or a script at a pipe. */
function terminal (isTTY: boolean): Terminal {
  const end = new AbortController()
  const input = Object.assign(new PassThrough(), { isTTY, setRawMode: () => {} })
  let text = ''
  const waiting = new Set<() => void>()
  const screen = Object.assign(new PassThrough(), { isTTY, columns: 80 })
  screen.on('data', chunk => {
    text += String(chunk)
    waiting.forEach(check => { check() })
  })
  const stream = screen as unknown as NodeJS.WriteStream
  const out = new Output({ json: false, verbose: false, stdout: stream, stderr: stream })
  const prompt = new Prompt({ input: input as unknown as NodeJS.ReadStream, output: out, signal: end.signal, onInterrupt: () => { end.abort() } })

  return {
    context: { common: { relay: [], rendezvous: ['/ip4/127.0.0.1/tcp/4101'] } as unknown as Context['common'], out, prompt, signal: end.signal, env: {} },
    type: line => { input.write(`${line}\n`) },
    write: keys => { input.write(keys) },
    pressed: async () => once(input, 'keypress'),
    hangUp: () => { input.end() },
    said: async (what, times = 1) => new Promise(resolve => {
      const check = (): void => {
        if (text.split(what).length > times) {
          waiting.delete(check)
          resolve()
        }
      }
      waiting.add(check)
      check()
    }),
    screen: () => text,
    end
  }
}

describe('A question', () => {
  it('at a time, in the order asked', async () => {
    const { context: { prompt }, type, said, screen } = terminal(true)
    const answers = [prompt.ask('First? '), prompt.decide('Second?')]
    await said('First?')
    expect(screen()).not.toContain('Second?')
    type('one')
    await said('Second?')
    type('y')

    expect(await Promise.all(answers)).toEqual(['one', true])
  })

  it('that is moot leaves the next line to the next one', async () => {
    const { context: { prompt }, type } = terminal(false)
    const moot = new AbortController()
    const first = prompt.ask('Admit Mallory?', { moot: moot.signal })
    moot.abort(new Error('gone'))
    await expect(first).rejects.toThrow('gone')
    type('for Bob')

    expect(await prompt.ask('Admit Bob?')).toBe('for Bob')
  })

  it('stays below what is told meanwhile, and in the place of the line that counts down', async () => {
    const { context: { prompt, out }, type, said, screen } = terminal(true)
    out.status('9:59 left')
    const answer = prompt.decide('Admit Bob?')
    await said('Admit Bob?')
    out.line('A wrong PIN was tried')
    out.status('9:58 left')
    type('n')

    expect(await answer).toBe(false)
    const shown = screen()
    expect(shown.lastIndexOf('Admit Bob?')).toBeGreaterThan(shown.indexOf('A wrong PIN'))
    expect(shown.indexOf('9:58 left')).toBeGreaterThan(shown.lastIndexOf('Admit Bob?'))
  })
})

describe('A person at the terminal', () => {
  it('chooses with the arrow keys', async () => {
    const { context: { prompt }, write, said } = terminal(true)
    const chosen = prompt.choose('Which party?', [{ value: 1, label: 'Book club' }, { value: 2, label: 'Choir' }])
    await said('❯ Book club')
    write('\u001b[B')
    await said('❯ Choir')
    write('\r')

    expect(await chosen).toBe(2)
  })

  it('ends it all with Ctrl-C, and the question alone with Ctrl-D; Esc does nothing', async () => {
    const first = terminal(true)
    const cancelled = expect(first.context.prompt.ask('Code? ')).rejects.toMatchObject({ name: 'AbortError' })
    await first.said('Code?')
    first.write('\u0003')
    await cancelled
    expect(first.end.signal.aborted).toBe(true)

    const { context: { prompt }, write, type, pressed, said, end } = terminal(true)
    const ended = expect(prompt.ask('Code? ')).rejects.toMatchObject({ name: 'CancelledError', signal: 'SIGINT' })
    await said('Code?')
    write('\u0004')
    await ended
    expect(end.signal.aborted).toBe(false)

    const answer = prompt.ask('And now? ')
    await said('And now?')
    const escape = pressed()
    write('\u001b')
    // alone for a moment: otherwise it begins an arrow key
    await escape
    type('still here')
    expect(await answer).toBe('still here')
  })

  it('sees the words that Tab may mean above the line', async () => {
    const { context, write, said, screen } = terminal(true)
    const code = codeOf({ name: 'join' }, context)
    await said('four words')
    write('maple or\t')
    await said('orange  orbit')
    expect(screen().lastIndexOf('maple or')).toBeGreaterThan(screen().lastIndexOf('orange  orbit'))
    write('ange ostrich violin\r')
    expect(await code).toBe('maple orange ostrich violin')
  })
})

describe('Approval', () => {
  const candidate = { peerId: { toString: () => '12D3KooWBob' }, profile: { displayName: 'Bob' }, comparison: 'KXQ-27M' } as unknown as Candidate
  const invitation = { id: 'ab' } as unknown as Invitation

  it('by a person needs a y or an n: Enter alone is neither', async () => {
    const { context, type, said } = terminal(true)
    const answer = approve(invitation, candidate, context, new AbortController().signal)
    await said('KXQ-27M')
    await said('[y/n]')
    type('')
    await said('[y/n]', 2)
    type('y')

    expect(await answer).toBe(true)
  })

  it('by a script needs the comparison string of whom it means', async () => {
    const { context, type, said } = terminal(false)
    const answer = approve(invitation, candidate, context, new AbortController().signal)
    type('yes ABC-DEF')
    await said('Answer "yes KXQ-27M"')
    type('yes kxq-27m')

    expect(await answer).toBe(true)
  })

  it('is no where nobody can say yes, and moot when the candidate goes', async () => {
    const { context, hangUp, said } = terminal(false)
    const gone = new AbortController()
    const moot = approve(invitation, candidate, context, gone.signal)
    gone.abort()
    expect(await moot).toBe(undefined)
    await said('waits no more')

    const answer = approve(invitation, candidate, context, new AbortController().signal)
    hangUp()
    expect(await answer).toBe(false)
    await said('Nobody is there to say yes')
  })
})

describe('The inbox', () => {
  let told: Story

  afterEach(async () => told.network.stop())

  it('Bob says yes to one direct invitation, with its PIN, and no to another', async () => {
    told = await story({ profile: { displayName: 'Alice' } })
    const { alice, bob, party } = told
    await connect(alice, bob)
    const { context, type, said, end } = terminal(true)
    const over = answerInvitations(bob.services.parties, context)

    const [joined, declined] = [callbacks(), callbacks()]
    const first = await party.invite({ to: bob.peerId, ...joined })
    await said('Join Book club?')
    type('y')
    await said('PIN (6 digits)')
    type(first.pin)
    await said('You are in.')
    expect(await bob.services.parties.open(party.key)).toMatchObject({ role: 'writer' })

    const choir = await alice.services.parties.create({ name: 'Choir' })
    await choir.invite({ to: bob.peerId, pin: false, ...declined })
    await said('Join Choir?')
    type('n')
    await said('the inviter was told')
    await vi.waitFor(() => { expect(declined.ends()).toEqual(['onError InvitationDeclinedError']) })

    end.abort()
    await over
  })

  it('tells Bob, who says yes too late, that Alice has taken it back', async () => {
    told = await story()
    const { alice, bob, party } = told
    await connect(alice, bob)
    const { context, type, said, end } = terminal(true)
    const over = answerInvitations(bob.services.parties, context)
    const invitation = await party.invite({ to: bob.peerId })
    await said('Join Book club?')
    await invitation.cancel()
    type('y')
    await said('The invitation was revoked')
    end.abort()
    await over
  })

  it('shows a script what came, and leaves the answer to a person', async () => {
    told = await story()
    const { alice, bob, party } = told
    await connect(alice, bob)
    const { context, said, end } = terminal(false)
    const over = answerInvitations(bob.services.parties, context)
    await party.invite({ to: bob.peerId })
    await said('Answer it with plus-one serve at a terminal')
    expect(bob.services.parties.received.getSnapshot()).toHaveLength(1)
    end.abort()
    await over
  })
})

describe('A code that is asked for', () => {
  it('is asked for again when it was misheard', async () => {
    const { context, type, said } = terminal(true)
    const code = codeOf({ name: 'join' }, context)
    await said('four words')
    type('maple orbit ostrich fiolin')
    await said('The fourth word is not one')
    type('MAPL orbit, ostr violin')

    expect(await code).toBe('MAPL orbit, ostr violin')
  })

  it('is completed word by word with Tab', async () => {
    expect(completeLast('maple OSTR')).toEqual({ word: 'OSTR', words: ['ostrich'] })
    expect(completeLast('maple ')).toEqual({ word: '', words: [] })
    expect(completeLast('vio').words).toEqual(['violin'])

    const { context, write, type, said } = terminal(true)
    const code = codeOf({ name: 'join' }, context)
    await said('four words')
    // a terminal sends keys: readline completes at each Tab
    for (const [keys, word] of [['mapl', 'maple '], ['ORB', 'orbit '], ['ostr', 'ostrich '], ['viol', 'violin ']] as const) {
      write(`${keys}\t`)
      await said(word)
    }

    type('')
    expect(await code).toBe('maple orbit ostrich violin')
  })

  it('of four words needs a place to look them up', async () => {
    const { context } = terminal(false)
    const nowhere = { ...context, common: { ...context.common, rendezvous: [] } }
    await expect(codeOf({ name: 'join', code: 'maple orbit ostrich violin' }, nowhere)).rejects.toMatchObject({ name: 'UsageError', message: expect.stringContaining('--rendezvous') as string })
  })

  it('cannot be asked of a script, which is told how to give it', async () => {
    const { context, hangUp } = terminal(false)
    hangUp()
    await expect(codeOf({ name: 'join' }, context)).rejects.toMatchObject({ name: 'UsageError', message: expect.stringContaining('plus-one join CODE') as string })
    await expect(codeOf({ name: 'lookup', code: 'maple orbit zzzz violin' }, terminal(false).context)).rejects.toMatchObject({ name: 'InvalidCodeError', message: expect.stringContaining('third word') as string })
  })

  it('is the first line that a script pipes in', async () => {
    const { context, type } = terminal(false)
    type('conduct hurdle walnut wink')
    await expect(codeOf({ name: 'join' }, context)).resolves.toBe('conduct hurdle walnut wink')
  })
})
