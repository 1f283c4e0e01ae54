/** An invitee's half of admission, loaded with the first redemption: how the inviter is reached, the handshake, the check of its end. */
export { checkGrant } from '../log/grant.js'
export { acceptanceBytes } from '../log/acceptance.js'
export { invitee } from '../invitation/machines.js'
export { FrameStream } from './connection/frame-stream.js'
export { openInviteStream } from './connection/open-stream.js'
export { previewHashOf, previewOf, roleOf } from './preview.js'
