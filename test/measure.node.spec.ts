import { describe, expect, it } from 'vitest'
import { measure, quantile, report, table } from './bench/measure.js'
import type { Subject } from './bench/measure.js'

describe('A benchmark', () => {
  it('runs its floor and its subject in turn, so that both meet the same weather', async () => {
    const order: string[] = []
    const subject = (name: string): Subject => ({ name, prepare: () => () => order.push(name) })

    await measure([subject('floor'), subject('handshake')], { runs: 2, warmups: 1 })

    expect(order).toEqual(['floor', 'handshake', 'floor', 'handshake', 'floor', 'handshake'])
  })

  it('makes ready anew for each run', async () => {
    let made = 0
    const ran: number[] = []

    await measure([{
      name: 'floor',
      prepare: async () => {
        const own = ++made
        return () => ran.push(own)
      }
    }], { runs: 2, warmups: 1 })

    expect(ran).toEqual([1, 2, 3])
  })

  it('calls its floor 1', async () => {
    const [floor] = await measure([{ name: 'floor', prepare: () => async () => {} }], { runs: 3, warmups: 0 })

    expect(floor?.ratio).toBe(1)
  })

  it('takes medians, which one slow run does not move', () => {
    expect(quantile([1, 2, 1000], 0.5)).toBe(2)
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5)
    expect(quantile([5, 1, 4, 2, 3], 0.25)).toBe(2)
  })

  it('prints a table whose columns line up', () => {
    expect(table([['', 'bytes'], ['10 members', '9'], ['10,000 members', '1,000']])).toBe([
      '                bytes',
      '10 members          9',
      '10,000 members  1,000'
    ].join('\n'))
    expect(report([{ name: 'floor', median: 12, quartiles: [11, 13.04], ratio: 1 }])).toContain('floor  12.0 ms  11.0 ms to 13.0 ms   1.00')
  })
})
