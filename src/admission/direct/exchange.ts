/** Both ends of direct invitations, loaded with the first one. */
export { Delivery } from './delivery.js'
export { Inbox } from './inbox.js'
