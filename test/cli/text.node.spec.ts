import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatExpiration, formatTimeLeft, parseExpiration } from '../../cli/src/duration.js'
import { CancelledError, checkNode, EXIT_CODES, exitCodeOf, UsageError } from '../../cli/src/exit.js'
import { terminalLogger } from '../../cli/src/logger.js'
import { count, foreign, foreignStack, groupPin, Output } from '../../cli/src/output.js'
import { qrLines } from '../../cli/src/qr.js'
import { foreign as shown } from '../../src/elements/foreign.js'
import * as errors from '../../src/errors.js'
import { anyText } from '../helpers/texts.js'
import type { Logger } from '@libp2p/interface'

const NOW = Date.UTC(2030, 0, 1)
const [SECOND, MINUTE, HOUR, DAY] = [1_000, 60_000, 3_600_000, 86_400_000] as const

describe('A time', () => {
  it.each<[text: string, moment: number | 'never' | undefined]>([
    ['90s', NOW + 90 * SECOND],
    ['10m', NOW + 10 * MINUTE],
    ['1h30m', NOW + 90 * MINUTE],
    ['2d', NOW + 2 * DAY],
    ['60D', NOW + 60 * DAY],
    ['2h 30m', NOW + 150 * MINUTE],
    ['3 days', NOW + 3 * DAY],
    ['1 hour, 15 minutes', NOW + 75 * MINUTE],
    ['never', 'never'],
    ['2030-12-01T18:00:00Z', Date.UTC(2030, 11, 1, 18)],
    ['2030-12-01', Date.UTC(2030, 11, 1)],
    ['', undefined],
    ['0m', undefined],
    ['10', undefined],
    ['-5m', undefined],
    ['m', undefined],
    ['30m1h', undefined],
    ['2030-13-01', undefined],
    ['tomorrow', undefined],
    ['10 apples', undefined],
    ['10m or so', undefined],
    ['5us', undefined]
  ])('typed as %j is understood, or is not', (text, moment) => {
    expect(parseExpiration(text, NOW)).toBe(moment)
  })

  it('counts down to 0:00, which is the end', () => {
    expect([2 * DAY, HOUR, 10 * MINUTE, 9 * SECOND + 1, 1, 0, -5].map(formatTimeLeft)).toEqual(['2 days', '1:00:00', '10:00', '0:10', '0:01', '0:00', '0:00'])
  })

  it('stands in a sentence', () => {
    expect([90 * SECOND, 10 * MINUTE, 5 * HOUR, 3 * DAY].map(left => formatExpiration(NOW + left, NOW))).toEqual(['in 90 seconds', 'in 10 minutes', 'in 5 hours', 'in 3 days'])
    expect(formatExpiration(undefined, NOW)).toBe('never')
    expect(formatExpiration(NOW - 1, NOW)).toBe('by your clock already')
  })
})

describe('An exit code', () => {
  it('is told for every error that plus-one throws', () => {
    const named = Object.values(errors).filter(value => value.name !== 'PlusOneError').map(({ name }) => name)

    expect(named.filter(name => exitCodeOf({ name }) === 1)).toEqual([])
  })

  it('differs by cause', () => {
    expect(new Set(EXIT_CODES.map(({ code }) => code)).size).toBe(EXIT_CODES.length)
    expect(exitCodeOf(new errors.WrongPinError(2))).toBe(10)
    expect(exitCodeOf(new UsageError('?'))).toBe(2)
    expect(exitCodeOf(new TypeError('a bug'))).toBe(1)
    expect(exitCodeOf(undefined)).toBe(1)
  })

  it('tells Ctrl-C from being stopped by the system', () => {
    expect(exitCodeOf(new CancelledError('SIGINT'))).toBe(130)
    expect(exitCodeOf(new CancelledError('SIGTERM'))).toBe(143)
  })
})

describe('An old Node', () => {
  it('is told in one line, before anything begins', () => {
    for (const version of ['18.20.4', '20.19.5', '22.11.0']) {
      expect(() => { checkNode(version) }).toThrow(expect.objectContaining({ name: 'UsageError', message: expect.stringContaining(`22.12 or newer, and this is ${version}`) as string }))
    }

    for (const version of ['22.12.0', '24.21.0', '26.0.0']) {
      expect(() => { checkNode(version) }).not.toThrow()
    }
  })
})

describe('A name that a stranger chose', () => {
  it('cannot command the terminal', () => {
    expect(foreign('Book\u001b[2J\u001b]0;owned\u0007 club\r\n')).toBe('Book club')
  })

  it('cannot turn what follows it', () => {
    expect(foreign('good\u202elive')).toBe('good live')
  })

  it('keeps its letters and its emoji', () => {
    expect(foreign('Żółw 読書会 👩‍👧')).toBe('Żółw 読書会 👩‍👧')
  })

  it('is what a page shows of it', () => {
    fc.assert(fc.property(anyText.map(text => text.replace(/[\u001b\u009b]/g, '')), (text) => {
      expect(foreign(text)).toBe(shown(text))
    }))
  })

  it('cannot command the terminal by what --verbose logs of an error that quotes it, or of an address', () => {
    const lines: string[] = []
    const write = (...values: unknown[]): void => { lines.push(...values.flatMap(value => value instanceof Object ? [`${value as string}`, ...Object.values(value).map(String)] : [String(value)])) }
    const base = (): Logger => Object.assign(write, { error: write, trace: write, enabled: true, newScope: base })
    const log = terminalLogger({ forComponent: base }).forComponent('plus-one')
    const said = '\u001b]52;c;cm0gLXJmIH4=\u0007\u202e\n12D3Koo: all is well'
    log('could not ask - %e', new Error(said, { cause: said }))
    log.error('could not dial %a, %s - %e', { toString: () => `/dns4/${said}` }, said, new AggregateError([new Error(said)], said))
    log.newScope('more').trace('%s', said)
    expect(lines.length).toBeGreaterThan(8)
    expect(lines.join('').replace(/\n +at .*/g, '')).not.toMatch(/[\p{Cc}\u202e]/u)
    expect(foreignStack(new Error(said))).toMatch(/^Error: 12D3Koo: all is well\n {4}at /)
  })

  it('is one line of printable text, whatever it was', () => {
    fc.assert(fc.property(anyText, text => {
      expect(foreign(text)).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u)
    }))
  })
})

describe('The output', () => {
  interface Heard {
    out: Output
    stdout: () => string
    stderr: () => string
  }

  function listen (json: boolean, isTTY = false): Heard {
    const stream = (): { stream: NodeJS.WriteStream, text: () => string } => {
      let text = ''
      const through = new PassThrough()
      through.on('data', chunk => { text += String(chunk) })

      return { stream: Object.assign(through, { isTTY, columns: 20 }) as unknown as NodeJS.WriteStream, text: () => text }
    }
    const [stdout, stderr] = [stream(), stream()]

    return { out: new Output({ json, verbose: false, stdout: stdout.stream, stderr: stderr.stream }), stdout: stdout.text, stderr: stderr.text }
  }

  it('is for people on stdout', () => {
    const { out, stdout, stderr } = listen(false)
    out.event('joined', { id: 1 })
    out.line('Bob joined')

    expect(stdout()).toBe('Bob joined\n')
    expect(stderr()).toBe('')
  })

  it('with --json is for scripts on stdout and for people on stderr', () => {
    const { out, stdout, stderr } = listen(true)
    out.event('joined', { id: 1 })
    out.line('Bob joined')

    expect(stdout()).toBe('{"event":"joined","id":1}\n')
    expect(stderr()).toBe('Bob joined\n')
  })

  it('with --json hides nothing in a name: what a terminal would obey is escaped', () => {
    const { out, stdout } = listen(true)
    const displayName = 'Eve\u001b[2J\u009b31m\u202egpj.\u2066\u200f\u2028\u{e0041}\ufeff👩‍🚀'
    out.event('joined', { displayName })

    expect(stdout().trimEnd()).toMatch(/^[ -~👩‍🚀]*$/u)
    expect(JSON.parse(stdout())).toEqual({ event: 'joined', displayName })
  })

  it('with --json has bytes as text, where they are that', () => {
    const { out, stdout } = listen(true)
    out.event('preview', { data: new TextEncoder().encode('page 7'), party: { app: Uint8Array.of(0xff, 1) } })

    expect(JSON.parse(stdout())).toEqual({ event: 'preview', data: 'page 7', party: { app: { hex: 'ff01' } } })
  })

  it('has no line that changes in place, and no colour, where there is no terminal', () => {
    const { out, stdout } = listen(false)
    out.status('9:59 left')
    out.line(out.style('green', 'Bob'))

    expect(stdout()).toBe('Bob\n')
  })

  it('keeps the line that changes below all others, and on one line', () => {
    const { out, stdout } = listen(false, true)
    out.status('9:59 left')
    out.line('Bob joined')
    out.status('nine minutes and fifty-eight seconds')

    expect(stdout().replaceAll('\r\u001b[2K', '<')).toBe('<9:59 left<Bob joined\n<9:59 left<nine minutes and f…')
  })

  it('groups a PIN so that it is easy to say', () => {
    expect([groupPin('204958'), groupPin('2049'), groupPin('20495812')]).toEqual(['204 958', '2049', '2049 5812'])
  })

  it('counts', () => {
    expect([count(1, 'member'), count(2, 'member')]).toEqual(['1 member', '2 members'])
  })
})

describe('A QR code', () => {
  const code = 'AEBAGBAF'.repeat(20)

  it('of a code in capitals fits a small terminal', () => {
    const lines = qrLines(code, false)

    expect(lines.length).toBeLessThan(24)
    expect(new Set(lines.map(line => line.length)).size).toBe(1)
  })

  it('is black on white where there is colour, whatever the theme', () => {
    expect(qrLines(code, true).every(line => line.startsWith('\u001b[38;5;16;48;5;231m') && line.endsWith('\u001b[0m'))).toBe(true)
  })

  it('without colour is its own negative: the terminal\'s light letters are the white', () => {
    const [first] = qrLines(code, false)

    expect(first).toMatch(/^█+$/)
  })
})
