/** What members' devices send each other of documents (docs/wire.md, "Shared documents"): streams between two nodes, each with its frames. */
import { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { PartyNetworkAdapter } from '../../../src/automerge/index.js'
import { createNetwork } from '../../../src/testing/index.js'
import { YjsProvider } from '../../../src/yjs/index.js'
import { actor, bytesOf, hex } from './cast.js'
import type { Actor } from './cast.js'
import type { Party } from '../../../src/interface/index.js'
import type { Network } from '../../../src/testing/index.js'
import type { Message, PeerId as RepoPeerId } from '@automerge/automerge-repo/slim'
import type { Stream } from '@libp2p/interface'

/** One stream: who listens, and what each end wrote, in order; past the greeting of guarded streams. */
interface Recorded {
  listener: string
  teller: string
  frames: Array<{ from: 'listener' | 'teller', frame: string }>
}

/** What goes over the streams of two members. */
class Wires {
  readonly #names: Map<string, string>
  readonly #opening = new Map<string, Recorded>()
  readonly #all: Recorded[] = []

  constructor (actors: Actor[]) {
    this.#names = new Map(actors.map(({ peerId, name }) => [peerId.toString(), name]))
  }

  /** Those on which something was told, by who listens: each way the last one. */
  get streams (): Recorded[] {
    return [...new Map(this.#all.filter(({ frames }) => frames.some(({ from, frame }) => from === 'teller' && frame !== TAKEN)).map(stream => [stream.listener, stream])).values()]
      .sort((a, b) => a.listener < b.listener ? -1 : 1)
  }

  /** Was all taken that was told? */
  get areQuiet (): boolean {
    return this.streams.length === 2 && this.streams.every(({ frames }) => frames.at(-1)?.from === 'listener' && frames.at(-1)?.frame === TAKEN)
  }

  /** A party whose streams are written down. */
  at (party: Party): Party {
    const self = this.#nameOf(party.self)
    const own: Partial<Party> = {
      newStream: async (peer, ...rest) => {
        const opened: Recorded = { listener: self, teller: this.#nameOf(peer), frames: [] }
        this.#opening.set(`${opened.listener} ${opened.teller}`, opened)
        const stream = await party.newStream(peer, ...rest)
        this.#all.push(opened)
        note(stream, opened.frames, 'listener')

        return stream
      },
      handle: async (protocol, handler, options) => party.handle(protocol, async (stream, member) => {
        note(stream, this.#opening.get(`${this.#nameOf(member.remotePeer)} ${self}`)?.frames ?? [], 'teller')
        await handler(stream, member)
      }, options)
    }

    return new Proxy(party, {
      get: (target, name) => {
        const value: unknown = own[name as keyof Party] ?? Reflect.get(target, name, target)

        return typeof value === 'function' ? value.bind(target) as unknown : value
      }
    })
  }

  #nameOf (peer: { toString: () => string }): string {
    return this.#names.get(peer.toString()) ?? ''
  }
}

/** A piece's answer, behind its length. */
const TAKEN = '0102'

/** A frame is what one end writes at once; its length may be written by itself. */
function note (stream: Stream, frames: Recorded['frames'], from: 'listener' | 'teller'): void {
  const send = stream.send.bind(stream)
  stream.send = (data) => {
    const last = frames.at(-1)
    const bytes = hex(data.subarray())

    if (last?.from === from && /^([89a-f].){0,3}[0-7].$/.test(last.frame)) {
      last.frame += bytes
    } else {
      frames.push({ from, frame: bytes })
    }

    return send(data)
  }
}

async function until (holds: () => boolean): Promise<void> {
  while (!holds()) {
    await new Promise(resolve => setTimeout(resolve))
  }
}

/** Which of a party's documents, and repositories. */
const NAME = 'default'

/** Two who are connected, of one party. */
async function pair (network: Network, [alice, bob]: [Actor, Actor], role: 'writer' | 'reader'): Promise<[Wires, Party, Party]> {
  const [hers, his] = await Promise.all([alice, bob].map(async ({ privateKey }) => network.node({ privateKey }))) as [Awaited<ReturnType<Network['node']>>, Awaited<ReturnType<Network['node']>>]
  const party = await hers.services.parties.create({ name: 'Book club' })
  const { code, pin } = await party.invite({ role })
  const joined = await his.services.parties.redeem(code).setPin(pin)
  await until(() => party.roleOf(bob.peerId) === role && party.peers.length > 0 && joined.peers.length > 0)
  const wires = new Wires([alice, bob])

  return [wires, wires.at(party), wires.at(joined)]
}

/** Alice writes, and Bob is what he is told to be: a reader says that he is there, and nothing of the document. */
async function ofYjs (actors: [Actor, Actor], role: 'writer' | 'reader') {
  const network = createNetwork()
  const [wires, ...parties] = await pair(network, actors, role)
  const [hers, his] = [doc(1), doc(2)]
  hers.text.insert(0, 'Emma')
  const providers = [new YjsProvider(parties[0], hers.doc, hers), new YjsProvider(parties[1], his.doc, his)]
  const meet = async (): Promise<void> => until(() => his.text.toJSON() === hers.text.toJSON() && wires.areQuiet)
  await meet()

  if (role === 'writer') {
    his.text.insert(4, ', then Persuasion')
    await meet()
  }

  hers.text.delete(0, 1)
  await meet()
  comesBack(hers.awareness, { name: 'Alice' })
  comesBack(his.awareness, { name: 'Bob', writes: role === 'writer' })
  await until(() => hers.awareness.meta.get(2)?.clock === 41 && his.awareness.meta.get(1)?.clock === 41 && wires.areQuiet)
  const streams = wires.streams.map(stream => ({ ...stream, frames: settled(stream.frames) }))
  providers.forEach((provider) => { provider.destroy() })
  ;[hers, his].forEach(({ awareness }) => { awareness.destroy() })
  await network.stop()

  return { roles: { Alice: 'owner', Bob: role }, document: NAME, text: his.text.toJSON(), streams }
}

function doc (client: number) {
  const made = new Y.Doc()
  made.clientID = client
  const awareness = new Awareness(made)
  // who is there is told with the document, and whom of the others one knows by then is a matter of time
  awareness.setLocalState(null)

  return { doc: made, awareness, text: made.getText('notes') }
}

/** How often presence was told until then is a matter of time, and counted in it. */
function comesBack (awareness: Awareness, state: object): void {
  awareness.meta.set(awareness.clientID, { clock: 40, lastUpdated: Date.now() })
  awareness.setLocalState(state)
}

/** How often presence is told in between is a matter of time, too: the last word on it, with its answer. */
function settled (frames: Recorded['frames']): Recorded['frames'] {
  const isPresence = ({ from, frame }: Recorded['frames'][number]): boolean => from === 'teller' && /^..00.{8}01/.test(frame)
  const last = frames.findLastIndex(isPresence)
  const without = frames.filter((frame, i) => !isPresence(frame) && !isPresence(frames[i - 1] ?? frame))

  return last < 0 ? without : [...without, ...frames.slice(last, last + 2)]
}

/** Two adapters, and what a repository has Alice's say. */
async function ofAutomerge (actors: [Actor, Actor]) {
  const network = createNetwork()
  const [wires, hers, his] = await pair(network, actors, 'writer')
  const adapters = [new PartyNetworkAdapter(hers), new PartyNetworkAdapter(his)] as const
  const peerMetadata = { storageId: '7ad3cbd1-4c4c-4d2a-9a4b-0d1f6a4a3d6e', isEphemeral: false }
  const said = { type: 'ephemeral', senderId: 'whatever', targetId: actors[1].peerId.toString(), count: 1, sessionId: 'a session', documentId: '4NMNnkMhL8jXrdJ9jamS58PAVdXu', data: bytesOf('what is told beside documents', 24) }
  const heard = Promise.all(adapters.map(async adapter => new Promise<void>((resolve) => { adapter.once('peer-candidate', () => { resolve() }) })))
  adapters[0].connect('whatever' as RepoPeerId, peerMetadata as object)
  adapters[1].connect('it calls itself' as RepoPeerId, {})
  await heard
  adapters[0].send(said as object as Message)
  await until(() => wires.areQuiet && wires.streams[1]!.frames.length > 4)
  const streams = wires.streams.map(stream => ({ ...stream, frames: [...stream.frames] }))
  adapters.forEach((adapter) => { adapter.disconnect() })
  await network.stop()

  return { roles: { Alice: 'owner', Bob: 'writer' }, repository: NAME, peerMetadata, said: { ...said, senderId: actors[0].peerId.toString(), data: hex(said.data) }, streams }
}

export async function documents () {
  const actors = await Promise.all(['Alice', 'Bob'].map(async name => actor(name))) as [Actor, Actor]

  return {
    page: 'docs/documents.md',
    peers: Object.fromEntries(actors.map(({ name, peerId }) => [name, peerId.toString()])),
    yjs: [await ofYjs(actors, 'writer'), await ofYjs(actors, 'reader')],
    automerge: await ofAutomerge(actors)
  }
}
