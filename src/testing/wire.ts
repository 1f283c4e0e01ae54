/** What passes between the nodes of a network: each message can be looked at, and lost, held, changed, or be the last of its connection. */
import type { Clock } from '../interface/index.js'
import type { AbortOptions, Connection, PeerId, Stream, StreamMuxer, StreamMuxerFactory } from '@libp2p/interface'
import type { Uint8ArrayList } from 'uint8arraylist'

/** One write to a stream: of a protocol that frames its messages, one frame with its length. */
export interface Message {
  from: PeerId
  to: PeerId
  /** The stream's. */
  protocol: string
  /** How many were sent before it on its stream in this direction. */
  number: number
  data: Uint8Array
}

/** What becomes of a message. */
export type Fate =
  /** It arrives. */
  | undefined
  /** It never arrives, and nobody is told. */
  | 'lose'
  /** It arrives after the one behind it. */
  | 'swap'
  /** The connection breaks in its place. */
  | 'cut'
  /** The connection breaks as it arrives: it was read, and there is nobody to answer. */
  | 'cut-after'
  /** These arrive in its place. */
  | Uint8Array[]

/** Decides on a message; while it waits, what is behind on the stream waits, too. */
export type Meddler = (message: Message) => Fate | Promise<Fate>

export interface WireInit {
  clock: Clock
  /** ms that a message takes. */
  latency: () => number
  /** Decides on a message, in the order of those who asked. */
  decide: (message: Message) => Fate | Promise<Fate>
  /** Does anything meddle now? */
  busy: () => boolean
  /** This node's end: its peer, and the connection of a stream. */
  self: () => PeerId | undefined
  connectionOf: (stream: Stream) => Connection | undefined
  /** The other end of a stream. */
  otherEnd: (stream: Stream, connection: Connection) => WiredStream | undefined
}

/** What is known of one stream at one end. */
export class WiredStream {
  readonly stream: Stream
  readonly #init: WireInit
  readonly #send: Stream['send']
  /** Messages sent of the stream's protocol, and bytes sent and received in all. */
  #messages = 0
  #sent = 0
  #received: number
  #swapped: Uint8Array | undefined
  /** Ends when all that was sent before has gone its way. */
  #queue: Promise<void> | undefined
  #arrival: { at: number, then: () => void } | undefined

  constructor (stream: Stream, init: WireInit) {
    this.stream = stream
    this.#init = init
    this.#send = stream.send.bind(stream)
    this.#received = stream.readBufferLength
    const close = stream.close.bind(stream)
    const received = stream as Stream & { onData: (data: Uint8Array | Uint8ArrayList) => void }
    const onData = received.onData.bind(stream)
    stream.send = data => this.#pass(data)
    stream.close = async (options?: AbortOptions) => {
      await this.#queue
      await close(options)
    }
    received.onData = (data) => {
      onData(data)
      this.#received += data.byteLength

      if (this.#arrival != null && this.#received >= this.#arrival.at) {
        this.#arrival.then()
      }
    }
  }

  /** Calls back as so many bytes have arrived here. */
  whenReceived (bytes: number, then: () => void): void {
    this.#arrival = { at: bytes, then }
  }

  #pass (data: Uint8Array | Uint8ArrayList): boolean {
    const { self, connectionOf, busy, decide, latency, clock } = this.#init
    const { protocol } = this.stream
    const number = protocol === '' ? -1 : this.#messages++
    const connection = busy() || this.#queue != null ? connectionOf(this.stream) : undefined
    const from = self()

    if (connection == null || from == null) {
      return this.#put(data)
    }

    // the writer may use its bytes again
    const bytes = data.slice()
    const fate = protocol === '' ? undefined : decide({ from, to: connection.remotePeer, protocol, number, data: bytes })
    const ms = latency()

    if (this.#queue == null && ms === 0 && !(fate instanceof Promise)) {
      return this.#meet(fate, bytes, connection)
    }

    const sent = clock.now()
    const queue = Promise.all([fate, this.#queue]).then(async ([fate]) => {
      const wait = ms - (clock.now() - sent)

      if (wait > 0) {
        await new Promise<void>((resolve) => { clock.setTimeout(resolve, wait) })
      }

      this.#meet(fate, bytes, connection)
    }).catch(() => {
      // the stream ended meanwhile
    }).finally(() => {
      if (this.#queue === queue) {
        this.#queue = undefined
      }
    })
    this.#queue = queue

    return true
  }

  #meet (fate: Fate, data: Uint8Array, connection: Connection): boolean {
    const swapped = this.#swapped
    this.#swapped = undefined

    if (fate === 'swap') {
      this.#swapped = data
    } else if (fate === 'cut') {
      connection.abort(new Error('The connection was cut'))
    } else if (fate === 'cut-after') {
      this.#init.otherEnd(this.stream, connection)?.whenReceived(this.#sent + data.byteLength, () => { connection.abort(new Error('The connection was cut')) })
      this.#put(data)
    } else if (fate !== 'lose') {
      (fate ?? [data]).forEach((each) => { this.#put(each) })
    }

    return swapped == null || fate === 'cut' ? true : this.#put(swapped)
  }

  #put (data: Uint8Array | Uint8ArrayList): boolean {
    this.#sent += data.byteLength

    return this.#send(data)
  }
}

/** The muxer, with each of its streams wired. */
export function wired (factory: StreamMuxerFactory, wire: (stream: Stream) => void): StreamMuxerFactory {
  const createStreamMuxer = factory.createStreamMuxer.bind(factory)

  factory.createStreamMuxer = (connection): StreamMuxer => {
    const muxer = createStreamMuxer(connection)
    const createStream = muxer.createStream.bind(muxer)
    let listening = false
    muxer.createStream = async (options) => {
      const stream = await createStream(options)
      wire(stream)

      return stream
    }
    const addEventListener = muxer.addEventListener.bind(muxer)
    // streams that came early wait for the first who listens: only with that one
    muxer.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      if (args[0] === 'stream' && !listening) {
        listening = true
        addEventListener('stream', ({ detail }) => { wire(detail) })
      }

      addEventListener(...args)
    }

    return muxer
  }

  return factory
}
