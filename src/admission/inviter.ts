/** An inviter's half of admission, loaded with this node's first invitation. */
export { createInvitation } from './create.js'
export { LocalInvitation } from './invitation.js'
