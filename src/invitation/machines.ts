/**
 * The two sides of the handshake as pure state machines, and their frames. Apart
 * from index.ts, so that an app loads them with the first handshake.
 */
export { encodeBody, encodeFrame } from './frames.js'
export { invitee, previewer } from './invitee.js'
export { inviter } from './inviter.js'
export { refusalCode } from './refusals.js'
