import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { combine } from '../../src/rendezvous/combined.js'
import { createBoard } from '../helpers/rendezvous.js'
import { peer } from '../helpers/exchange.js'
import type { Rendezvous } from '../../src/rendezvous/interface.js'
import type { PeerId, PeerInfo } from '@libp2p/interface'

const NAMEPLATE = 'maple-orbit'
let peers: PeerId[]

beforeAll(async () => { peers = await Promise.all(Array.from({ length: 40 }, peer)) })

const info = (i: number): PeerInfo => ({ id: peers[i] as PeerId, multiaddrs: [] })

/** A rendezvous that knows these, or fails, or never answers. */
function source (known: number[] | 'fails' | 'hangs'): Rendezvous & { aborted: boolean } {
  const it = {
    name: 'source',
    aborted: false,
    publish: async () => known === 'hangs' ? new Promise<never>(() => {}) : known === 'fails' ? Promise.reject(new Error('no')) : { stop: async () => {} },
    async * find (_: string, { signal }: { signal?: AbortSignal } = {}) {
      signal?.addEventListener('abort', () => { it.aborted = true })

      if (known === 'fails') {
        throw new Error('no')
      }

      if (known === 'hangs') {
        await new Promise((_resolve, reject) => { signal?.addEventListener('abort', () => { reject(new Error('aborted')) }) })
        return
      }

      for (const i of known) {
        yield info(i)
      }
    }
  }

  return it
}

const all = async (of: Rendezvous, limit = Number.POSITIVE_INFINITY): Promise<number[]> => {
  const found: number[] = []

  for await (const { id } of of.find(NAMEPLATE)) {
    found.push(peers.indexOf(id))

    if (found.length === limit) {
      break
    }
  }

  return found
}

describe('Several rendezvous', () => {
  it('give each peer once, whatever they know and whichever fails', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.oneof(fc.array(fc.nat(19), { maxLength: 10 }), fc.constant('fails' as const)), { minLength: 1, maxLength: 4 }), async (sources) => {
      const known = new Set(sources.flatMap(source => source === 'fails' ? [] : source))
      const finding = all(combine(sources.map(source)))

      if (sources.every(source => source === 'fails')) {
        await expect(finding).rejects.toMatchObject({ name: 'RendezvousError' })
      } else {
        expect((await finding).sort()).toEqual([...known].sort())
      }
    }))
  })

  it('the first good answer is enough: one that hangs is aborted, not waited for', async () => {
    const hangs = source('hangs')
    expect(await all(combine([hangs, source([7])]), 1)).toEqual([7])
    expect(hangs.aborted).toBe(true)
  })

  it('one that knows thousands is cut', async () => {
    expect(await all(combine([source(Array.from({ length: 40 }, (_, i) => i))]))).toHaveLength(32)
  })

  it('none is a clear error', async () => {
    await expect(all(combine([]))).rejects.toThrow('full code')
    await expect(combine([]).publish(NAMEPLATE)).rejects.toThrow('full code')
  })

  it('publishing is done where one took it, and failures are told where none did', async () => {
    await expect(combine([source('fails'), source('hangs'), source([])]).publish(NAMEPLATE)).resolves.toBeDefined()
    await expect(combine([source('fails'), source('fails')]).publish(NAMEPLATE)).rejects.toMatchObject({ name: 'RendezvousError', cause: { errors: [{ message: 'no' }, { message: 'no' }] } })
  })

  it('what is withdrawn is withdrawn everywhere, also where it was published late', async () => {
    const [one, other] = [createBoard(), createBoard()]
    const components = { peerId: peers[0] as PeerId, addressManager: { getAddresses: () => [] } }
    const late = Promise.withResolvers<void>()
    const slow = other.rendezvous(components)
    const publication = await combine([one.rendezvous(components), { ...slow, publish: async (nameplate) => {
      await late.promise
      return slow.publish(nameplate)
    } }]).publish(NAMEPLATE)
    expect(one.notes.get(NAMEPLATE)).toHaveLength(1)
    await publication.stop()
    late.resolve()
    await new Promise(resolve => setTimeout(resolve))
    expect([one.notes.get(NAMEPLATE), other.notes.get(NAMEPLATE)]).toEqual([[], []])
  })
})
