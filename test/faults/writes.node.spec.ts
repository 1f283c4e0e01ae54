import { expect, it } from 'vitest'
import { calls } from './calls.js'
import { ENDS, playAll } from './writes.js'
import type { End } from './writes.js'

const SEED = Number(process.env.SEED ?? 1)

/** Of each call one end of its first write, which one by the seed; `npm run faults -- writes` plays all. */
it('A write of any call fails, or the process is killed: what is shown then is there after a restart, and the same call goes well', async () => {
  const problems: string[] = []

  for (const [i, call] of calls.entries()) {
    await playAll([call], [ENDS[(i + SEED) % ENDS.length] as End], 1, (title, { problem }) => { problems.push(...problem == null ? [] : [`${title}: ${problem}`]) })
  }

  expect(problems).toEqual([])
}, 180_000)
