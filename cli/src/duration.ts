/** Times as people type and read them. Pure. */

const UNITS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000 }

/** Whole numbers with units, largest first: `90s`, `1h30m`, `2d`. */
const DURATION = /^(?:(?<d>\d{1,6})d)?(?:(?<h>\d{1,6})h)?(?:(?<m>\d{1,6})m)?(?:(?<s>\d{1,6})s)?$/i

/** ISO 8601's beginning: a bare number or a word is no date, whatever Date.parse makes of it. */
const DATE = /^\d{4}-\d\d-\d\d(?:T|$)/

/**
 * When an invitation ends: `10m` or `1h30m` from now, an ISO 8601 date (without
 * a zone: this machine's), or `never`.
 *
 * @param now - ms since 1970
 * @returns ms since 1970, or 'never'; undefined: not understood
 */
export function parseExpiration (text: string, now: number): number | 'never' | undefined {
  if (text.toLowerCase() === 'never') {
    return 'never'
  }

  if (DATE.test(text)) {
    const moment = Date.parse(text)

    return Number.isNaN(moment) ? undefined : moment
  }

  const parts = DURATION.exec(text)?.groups
  const duration = Object.entries(UNITS).reduce((sum, [unit, ms]) => sum + Number(parts?.[unit] ?? 0) * ms, 0)

  return duration > 0 ? now + duration : undefined
}

/** What is left, for a countdown: `9:58`, `1:02:03`, `12 days`. Rounded up, so that 0:00 is the end. */
export function formatTimeLeft (ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000))

  if (seconds >= 2 * 86_400) {
    return `${Math.round(seconds / 86_400)} days`
  }

  const two = (value: number): string => String(value).padStart(2, '0')
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]

  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}

/** In a sentence: `in 10 minutes`, `in 2 days`; undefined: `never`. */
export function formatExpiration (expiresAt: number | undefined, now: number): string {
  if (expiresAt == null) {
    return 'never'
  }

  return expiresAt <= now ? 'by your clock already' : `in ${formatSpan(expiresAt - now)}`
}

/** `90 seconds`, `10 minutes`, `5 hours`, `3 days` */
export function formatSpan (ms: number): string {
  const [name, unit] = ms >= 2 * UNITS.d ? ['day', UNITS.d] : ms >= 2 * UNITS.h ? ['hour', UNITS.h] : ms >= 2 * UNITS.m ? ['minute', UNITS.m] : ['second', UNITS.s]
  const count = Math.max(0, Math.round(ms / unit))

  return `${count} ${name}${count === 1 ? '' : 's'}`
}
