/** How long an invitation lives that is made on this page. */

/** ms: who is told a PIN is there now. */
const LIFETIME = 600_000

/**
 * `?lifetime=5` shortens it, in seconds, to watch an invitation expire. It never prolongs it: whoever sends a link to this page writes its query.
 *
 * @returns ms
 */
export function lifetimeOf (search: string): number {
  const asked = 1000 * Number(new URLSearchParams(search).get('lifetime') ?? Number.NaN)

  return asked > 0 ? Math.min(asked, LIFETIME) : LIFETIME
}
