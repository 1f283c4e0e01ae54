/** The messages of the three exchanges, as their own tables name them. */
import { readFile } from 'node:fs/promises'
import { decodeFrame as decodeCodeFrame } from '../../src/rendezvous/exchange/frames.js'
import { CODE_PROTOCOL } from '../../src/rendezvous/exchange/index.js'
import { decodeFrame as decodeInviteFrame } from '../../src/invitation/frames.js'
import { INVITE_PROTOCOL } from '../../src/invitation/index.js'
import { LOG_PROTOCOL } from '../../src/sync/constants.js'
import { decodeFrame as decodeLogFrame } from '../../src/sync/frames.js'
import type { Message } from '../../src/testing/index.js'

/** How a message of each exchange is called, and where all of them are listed. */
const exchanges: { [protocol: string]: { name: string, type: (frame: Uint8Array) => string, table: string, list: RegExp } } = {
  [INVITE_PROTOCOL]: { name: 'invite', type: (frame: Uint8Array) => decodeInviteFrame(frame).type, table: 'src/invitation/pb/message.proto', list: /enum FrameType \{(.*?)\}/s },
  [CODE_PROTOCOL]: { name: 'code', type: (frame: Uint8Array) => decodeCodeFrame(frame).type, table: 'src/rendezvous/exchange/pb/message.proto', list: /enum FrameType \{(.*?)\}/s },
  [LOG_PROTOCOL]: { name: 'log', type: (frame: Uint8Array) => decodeLogFrame(frame).kind.toUpperCase(), table: 'src/sync/pb/message.proto', list: /message SyncFrame \{(.*?)\}/s }
}

/** Bytes of the length in front of a frame. */
export function lengthLength (data: Uint8Array): number {
  return data.findIndex(byte => byte < 0x80) + 1
}

/** Its exchange and name, as `invite ANSWER`; undefined: it is of another protocol. */
export function nameOf ({ protocol, data }: Message): string | undefined {
  const exchange = exchanges[protocol]

  return exchange == null ? undefined : `${exchange.name} ${exchange.type(data.subarray(lengthLength(data)))}`
}

/** All messages that there are, by the protocols' own tables. */
export async function allMessages (): Promise<string[]> {
  return (await Promise.all(Object.values(exchanges).map(async ({ name, table, list }) => {
    const [, listed = ''] = list.exec(await readFile(table, 'utf8')) ?? []

    return [...listed.matchAll(/(\w+) = (?!0;)\d+;/g)].map(([, type = '']) => `${name} ${type.toUpperCase()}`)
  }))).flat()
}
