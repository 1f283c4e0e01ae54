/**
 * An in-memory network for the tests of apps that embed plus-one: real libp2p
 * nodes, real Noise, no sockets; what goes wrong between them, when a test says so;
 * datastores that fail; and a clock that a test moves.
 *
 * @packageDocumentation
 */
export { FakeClock } from './clock.js'
export { createNetwork } from './network.js'
export { FailingStore } from './store.js'
export type { NodeInit, Network, NetworkInit, TestNode } from './network.js'
export type { FailInit } from './store.js'
export type { Fate, Meddler, Message } from './wire.js'
