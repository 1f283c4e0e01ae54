/** What a node with a home is made of, loaded with it: from the files themselves, since an index would bring all into the page. */
export { OpenHome } from './open-home.js'
export { storedHome } from './stored-home.js'
export { homeKeyOf, linkFirst, openHome, recoveryOf } from '../person/home.js'
export { forgetLog } from '../log/forget.js'
export { MembershipLog } from '../log/log.js'
export { AwaitedParties } from './awaited-parties.js'
