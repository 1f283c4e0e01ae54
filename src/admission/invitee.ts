/** An invitee's half of admission, loaded with the first redemption: how the inviter is reached, and the handshake. */
export { invitee } from '../invitation/machines.js'
export { FrameStream } from './connection/frame-stream.js'
export { openInviteStream } from './connection/open-stream.js'
export { previewOf, roleOf } from './preview.js'
