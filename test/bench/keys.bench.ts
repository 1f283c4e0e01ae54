/** The party's key: a rotation by size beside its bare X25519 and AEAD operations; sealing beside the bare cipher. */
import { chacha20poly1305, xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { ed25519 } from '@noble/curves/ed25519.js'
import { bytesToHex, randomBytes } from '@noble/hashes/utils.js'
import { epochOf, open, seal, secretOf, unwrap, wrap } from '../../src/keys/index.js'
import { fromEd25519, newOnce, sharedSecret } from '../../src/keys/x25519.js'
import { measure, report } from './measure.js'
import type { Print } from './measure.js'

const SIZES = [10, 100, 1_000, 10_000]
const NONCE = new Uint8Array(12)
const rekeying = { genesis: '0a'.repeat(32), author: '0b'.repeat(32), previous: '0c'.repeat(32) }

export default async function keys (print: Print): Promise<void> {
  for (const size of SIZES) {
    const runs = size > 1_000 ? 10 : 20
    const seeds = Array.from({ length: size }, () => randomBytes(32))
    const recipients = seeds.map(seed => bytesToHex(ed25519.getPublicKey(seed)))
    const points = fromEd25519(recipients)
    const key = recipients.at(-1) ?? ''
    const own = await secretOf(seeds.at(-1) ?? new Uint8Array())
    const secret = randomBytes(32)
    const { payload, bytes } = await wrap({ secret, rekeying, recipients })

    print(`\n${size} keys: a wrap set of ${bytes.length.toLocaleString('en')} bytes`)
    print(report(await measure([{
      name: 'floor: an X25519 and a ChaCha20-Poly1305 for each',
      prepare: async () => {
        const once = await newOnce()

        return async () => {
          for (let at = 0; at < size; at += 256) {
            await Promise.all(points.slice(at, at + 256).map(async point => chacha20poly1305(await sharedSecret(once, point), NONCE).encrypt(secret)))
          }
        }
      }
    }, {
      name: 'a rotation: all wraps, the commitment and the hash',
      prepare: () => async () => wrap({ secret: randomBytes(32), rekeying, recipients })
    }, {
      name: 'a member opens its wrap',
      prepare: () => async () => unwrap({ bytes, rekeying, commitment: payload.commitment, key, own })
    }], { runs, warmups: 3 })))
  }

  const epoch = epochOf([{ rekey: rekeying.genesis, secret: randomBytes(32) }])
  const text = randomBytes(1024)
  const init = { genesis: rekeying.genesis, associatedData: randomBytes(32) }

  print('\n1 kB, 200 times')
  print(report(await measure([{
    name: 'floor: XChaCha20-Poly1305, both ways',
    prepare: () => () => {
      for (let i = 0; i < 200; i++) {
        const nonce = randomBytes(24)
        xchacha20poly1305(epoch.sealing, nonce).decrypt(xchacha20poly1305(epoch.sealing, nonce).encrypt(text))
      }
    }
  }, {
    name: 'seal and open',
    prepare: () => () => {
      for (let i = 0; i < 200; i++) {
        open(seal(text, epoch, init), epoch, init)
      }
    }
  }])))
}
