/** What the exchange's CPace run is bound to beside protocol and ends: the nameplate. */
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { CODE_PROTOCOL } from './constants.js'
import type { Ends, RunInit } from '../../pake/index.js'

/** @param words - The two secret words, as ostrich-violin: the password */
export function runOf (ends: Ends, nameplate: string, words: string, nonces: Ends, random: RunInit['random']): RunInit {
  return { protocol: CODE_PROTOCOL, ends, password: words, bound: [utf8ToBytes(nameplate)], nonces, random }
}
