/** An invitee's half of admission, loaded with the first redemption: how the inviter is reached, the handshake, the check of its end. */
export { Handshakes } from './handshakes.js'
