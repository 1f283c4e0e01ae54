/** A network of automerge-repo that is the members of a party: peers go by the PeerIds of their devices. */
import { decodeSyncMessage, encodeSyncMessage } from '@automerge/automerge/slim'
import { cbor, NetworkAdapter } from '@automerge/automerge-repo/slim'
import { Channel } from '../documents/channel.js'
import { isAtLeast } from '../interface/roles.js'
import { messageOf, metadataOf } from './messages.js'
import type { Party } from '../interface/index.js'
import type { Message, PeerMetadata, PeerId as RepoPeerId, RepoConfig } from '@automerge/automerge-repo/slim'
import type { AbortOptions, PeerId } from '@libp2p/interface'

/** Guarded streams of it carry all documents of all parties (docs/wire.md, "Shared documents"). */
export const AUTOMERGE_PROTOCOL = '/plus-one/automerge/1.0.0'

/** Bytes of a message, which are held until all of it is there, as automerge-repo sends a whole document at once; and that wait for who is slow. */
const MOST = 64 * 1024 * 1024

const nameOf = (peer: PeerId): RepoPeerId => peer.toString() as RepoPeerId

/** How the adapter is made. */
export interface PartyNetworkAdapterOptions extends AbortOptions {
  /** Which of the party's repositories; 1 to 255 bytes of UTF-8. @default 'default' */
  name?: string
  /** What a member (`peer`) says is nothing, or too long for the connection; or, without `peer`, the party cannot be served. */
  onError?: (error: Error, peer?: PeerId) => void
}

/** Connects an automerge-repo with a party's members: writers write, readers read (docs/documents.md). */
export class PartyNetworkAdapter extends NetworkAdapter {
  /**
   * For `new Repo({ shareConfig })`: documents are for the members of this party, who are told of each. An app with several parties in one
   * repository asks the adapter of a document's party.
   */
  readonly shareConfig: NonNullable<RepoConfig['shareConfig']>
  readonly #party: Party
  readonly #options: PartyNetworkAdapterOptions
  /** What devices say of themselves, who listen here. */
  readonly #metadata = new Map<RepoPeerId, PeerMetadata>()
  /** Devices that listen, and are listened to; and what a reader of them said last, by document: said again it is nothing new. */
  readonly #neighbours = new Map<RepoPeerId, Map<string, string>>()
  #channel: Channel | undefined
  #ready = Promise.withResolvers<void>()
  #isReady = false
  /** What was told to members last, beside documents. */
  #broadcast: Message & { count?: number } | undefined

  constructor (party: Party, options: PartyNetworkAdapterOptions = {}) {
    super()
    options.signal?.throwIfAborted()
    this.#party = party
    this.#options = options
    // also who is not connected with this device, where another member passes on what they say
    const isMember = async (peer: RepoPeerId): Promise<boolean> => party.members.some(({ devices }) => devices.some(device => nameOf(device) === peer))
    this.shareConfig = { announce: isMember, access: isMember }
    options.signal?.addEventListener('abort', () => { this.disconnect() })
  }

  /** Is a member connected? Until then a document that is not here is waited for, rather than called unavailable. */
  isReady (): boolean { return this.#isReady }

  /** Resolves when a member is connected. */
  async whenReady (): Promise<void> { return this.#ready.promise }

  /**
   * The repository's: begins.
   *
   * @throws {TypeError} This party has a repository of that name already.
   * @throws {RangeError} No such name.
   */
  connect (peerId: RepoPeerId, peerMetadata: PeerMetadata = {}): void {
    if (this.#channel != null || this.#options.signal?.aborted === true) {
      return
    }

    this.peerId = peerId
    this.peerMetadata = peerMetadata
    this.#channel = new Channel({
      party: this.#party,
      protocol: AUTOMERGE_PROTOCOL,
      name: this.#options.name ?? 'default',
      // who becomes a writer, or a reader, is listened to anew: both ends begin their sync again
      terms: peer => String(this.#isWriter(peer)),
      most: () => MOST,
      take: (peer, bytes) => { this.#take(peer, bytes) },
      greet: () => cbor.encode(peerMetadata),
      welcome: (peer, greeting) => {
        this.#metadata.set(nameOf(peer), metadataOf(greeting))

        return []
      },
      met: (peer) => {
        this.#neighbours.set(nameOf(peer), new Map())
        this.emit('peer-candidate', { peerId: nameOf(peer), peerMetadata: this.#metadata.get(nameOf(peer)) ?? {} })
        this.#settle()
      },
      parted: (peer) => { this.#part(nameOf(peer)) },
      mostWaiting: MOST,
      failed: (error, peer) => {
        this.#options.onError?.(error, peer)
        if (peer == null) this.disconnect()
      }
    })
  }

  /** The repository's: tells a member something. To who is not connected it is not told. */
  send (message: Message): void {
    this.#channel?.tell(cbor.encode(message.senderId === this.peerId ? this.#ownOf(message) : message), { to: message.targetId })
  }

  /** The repository's: leaves the members; `connect` begins again. */
  disconnect (): void {
    this.#channel?.stop()
    this.#channel = undefined
    this.#neighbours.forEach((_, name) => { this.#part(name) })
    this.emit('close')
  }

  get #self (): RepoPeerId { return nameOf(this.#party.self) }

  /** Whatever the repository calls itself, the others know this device; and what it tells all of them has one number, by which they know it when it comes twice. */
  #ownOf (message: Message & { count?: number }): Message {
    if (message.type === 'ephemeral' && message.data !== this.#broadcast?.data) {
      this.#broadcast = message
    }

    return { ...message, senderId: this.#self, ...message.type === 'ephemeral' ? { count: this.#broadcast?.count } : {} }
  }

  #isWriter (peer: PeerId): boolean {
    return isAtLeast(this.#party.roleOf(peer), 'writer')
  }

  #part (name: RepoPeerId): void {
    if (this.#neighbours.delete(name)) {
      this.emit('peer-disconnected', { peerId: name })
      this.#settle()
    }
  }

  #settle (): void {
    if (this.#isReady && this.#neighbours.size === 0) {
      this.#isReady = false
      this.#ready = Promise.withResolvers()
    } else if (!this.#isReady) {
      // when the repository has begun to ask: it looks at its share config in promises
      setTimeout(() => {
        if (this.#neighbours.size > 0) {
          this.#isReady = true
          this.#ready.resolve()
        }
      })
    }
  }

  #take (peer: PeerId, bytes: Uint8Array): void {
    const message = messageOf(bytes)
    const targetId = this.peerId as RepoPeerId

    if (message.type === 'ephemeral') {
      const { senderId } = message
      const isPassedOn = senderId !== this.#self && !this.#neighbours.has(senderId) && this.#isWriter(peer)

      // those go round among members, and are told apart by who sent them first: who is connected says its own, and a reader nobody else's
      if (senderId === nameOf(peer) || isPassedOn) {
        this.emit('message', { ...message, targetId })
      }
    } else {
      const data = message.type === 'sync' || message.type === 'request' ? this.#dataOf(peer, message) : undefined

      if (data !== null) {
        this.emit('message', { ...message, senderId: nameOf(peer), targetId, ...(data == null ? {} : { data }) })
      }
    }
  }

  /** What a member says of a document: a reader, what it has, and nothing that it wrote. @returns null: a reader said that before */
  #dataOf (peer: PeerId, { type, documentId, data = new Uint8Array() }: Message): Uint8Array | null {
    const sync = decodeSyncMessage(data)

    if (this.#isWriter(peer)) {
      return data
    }

    const said = this.#neighbours.get(nameOf(peer))
    const taken = encodeSyncMessage({ ...sync, changes: [] })
    const name = `${type} ${taken.join()}`

    // it offers what is not taken for as long as it is asked, and each end answers the other
    if (said?.get(String(documentId)) === name) {
      return null
    }

    said?.set(String(documentId), name)

    return taken
  }
}
