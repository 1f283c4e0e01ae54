/** An invitee's half of admission, loaded with the first redemption: how the inviter is reached, the handshake, the check of its end; and what is asked of the person. */
export { GivenPins } from './given-pins.js'
export { Handshakes } from './handshakes.js'
export { InvitedPerson } from './invited-person.js'
