/** The order of roles. */
import { ROLES } from '../log/terms.js'
import type { Role } from '../log/index.js'

export { ROLES }

/**
 * May who has this role do what takes that one? `owner` > `admin` > `writer` > `reader`.
 *
 * @param role - undefined: of who is not a member, which is below all
 */
export function isAtLeast (role: Role | undefined, least: Role): boolean {
  return role != null && ROLES.indexOf(role) <= ROLES.indexOf(least)
}
