/** An inviter's half of admission, loaded with this node's first invitation. */
export { ServedInvitations } from './served-invitations.js'
