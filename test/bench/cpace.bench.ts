import { ristretto255, ristretto255_hasher } from '@noble/curves/ed25519.js'
import { randomBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { CPaceInitiator, CPaceResponder } from '../../src/cpace/index.js'
import { measure, report } from './measure.js'
import type { Print } from './measure.js'

const prs = utf8ToBytes('204958')
const ada = utf8ToBytes('Alice')
const adb = utf8ToBytes('Bob')

/** Both sides of one run, beside the group operations that a run cannot do without. */
export default async function cpace (print: Print): Promise<void> {
  const { Point } = ristretto255
  const order = Point.Fn.ORDER

  const rows = await measure([{
    name: 'floor: 2 derivations, 4 multiplications',
    prepare: () => {
      const seeds = [randomBytes(64), randomBytes(64)]
      const scalar = order - BigInt(Math.floor(Math.random() * 2 ** 40)) - 1n

      return () => {
        for (const seed of seeds) {
          ristretto255_hasher.deriveToCurve?.(seed).multiply(scalar).multiply(scalar)
        }
      }
    }
  }, {
    name: 'CPace, both sides, with tags',
    prepare: () => {
      const init = { prs, ci: randomBytes(100), sid: randomBytes(64) }

      return () => {
        const a = new CPaceInitiator({ ...init, ad: ada })
        const b = new CPaceResponder({ ...init, ad: adb }).respond(a.share, ada)
        b.verify(a.confirm(b.share, adb, b.tag).tag)
      }
    }
  }])

  print(report(rows))
}
