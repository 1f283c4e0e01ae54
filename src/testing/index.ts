/**
 * An in-memory network for the tests of apps that embed plus-one: real libp2p
 * nodes, real Noise, no sockets; and a clock that a test moves.
 *
 * @packageDocumentation
 */
export { FakeClock } from './clock.js'
export { createNetwork } from './network.js'
export type { NodeInit, Network, TestNode } from './network.js'
