import { PassThrough } from 'node:stream'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { beforeAll, describe, expect, it } from 'vitest'
import { deviceLines, deviceName, findDevice, remind } from '../../cli/src/devices.js'
import { Output } from '../../cli/src/output.js'
import { widthOf } from '../../cli/src/table.js'
import { askForWords } from '../../cli/src/words.js'
import type { Context } from '../../cli/src/context.js'
import type { Device, Party, Person } from '../../src/index.js'

let phone: Device
let laptop: Device

beforeAll(async () => {
  const device = async (name: string, self: boolean): Promise<Device> => ({ peerId: peerIdFromPrivateKey(await generateKeyPair('Ed25519')), name, self, online: self, missing: [] })
  phone = await device('phone', true)
  laptop = await device('Alice\'s laptop', false)
})

function printed (print: (out: Output) => void): string {
  const stream = Object.assign(new PassThrough(), { isTTY: false }) as unknown as NodeJS.WriteStream
  print(new Output({ json: false, verbose: false, stdout: stream, stderr: stream }))

  return String((stream as unknown as PassThrough).read() ?? '')
}

const lines = (...args: [Device[], Party[]]): string => printed((out) => { out.line(deviceLines(...args, out).join('\n')) })

describe('A device of one\'s own', () => {
  it('is found by name, PeerId, its beginning or its end, and is not guessed at', () => {
    const id = laptop.peerId.toString()

    for (const text of ['Alice\'s laptop', 'alice\'s LAPTOP', id, id.slice(0, 20), id.slice(-8), `…${id.slice(-8)}`]) {
      expect(findDevice(text, [phone, laptop])).toBe(laptop)
    }

    for (const text of ['laptop', '', '12D']) {
      expect(() => findDevice(text, [phone, laptop])).toThrow(/No device of yours/)
    }

    expect(() => findDevice('phone', [phone, { ...laptop, name: 'Phone' }])).toThrow(/more than one/)
  })

  it('is a line: its name, when it came and by which, and where it is not yet', () => {
    const party = { key: 'ab'.repeat(32), name: 'Book club' } as Party
    const told = lines([phone, { ...laptop, addedAt: Date.UTC(2026, 10, 21), addedBy: phone.peerId, missing: [party.key, 'cd'.repeat(32)] }], [party])

    expect(told).toBe([
      `  phone           …${phone.peerId.toString().slice(-8)}  this one`,
      `  Alice's laptop  …${laptop.peerId.toString().slice(-8)}  since 2026-11-21  by phone`,
      '      not yet in Book club, cdcdcdcd: once it meets a device that is\n'
    ].join('\n'))
    expect(Math.max(...lines([{ ...laptop, name: 'l'.repeat(40), addedAt: 0, addedBy: laptop.peerId }], []).split('\n').map(widthOf))).toBeLessThanOrEqual(60)
  })

  it('cannot command the terminal by its name', () => {
    expect(deviceName({ ...laptop, name: '\u001b[2JEve' })).toMatch(/^Eve \(…/)
    expect(deviceName({ ...laptop, name: '' })).toBe(`no name (…${laptop.peerId.toString().slice(-8)})`)
  })
})

describe('Recovery words', () => {
  it('are reminded of until they are written down', () => {
    const person = (isConfirmed: boolean): Person => ({ recovery: { isConfirmed } }) as unknown as Person

    expect(printed((out) => { remind(person(false), out) })).toContain('plus-one recovery')
    expect(printed((out) => { remind(person(true), out) })).toBe('')
  })

  it('come from the environment, else from whoever is asked; nothing is no words', async () => {
    const asked = (answer: string | undefined, env: Record<string, string> = {}): Context => ({ env, out: { style: (_: string, text: string) => text }, prompt: { ask: async () => answer } }) as unknown as Context

    expect(await askForWords('Words?', asked('typed', { PLUS_ONE_WORDS: 'set' }))).toBe('set')
    expect(await askForWords('Words?', asked('typed', { PLUS_ONE_WORDS: '' }))).toBe('typed')
    expect(await askForWords('Words?', asked(' '))).toBeUndefined()
    expect(await askForWords('Words?', asked(undefined))).toBeUndefined()
  })
})
