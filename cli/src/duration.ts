/** Times as people type and read them. Pure. */
import parseDuration from 'parse-duration'

/** Whole numbers with units, as `90s`, `1h30m`, `2h 30m` or `3 days`. */
const DURATION = /^(?:\d{1,6} *[a-z]+[ ,]*)+$/i

/** ISO 8601's beginning: a bare number or a word is no date, whatever Date.parse makes of it. */
const DATE = /^\d{4}-\d\d-\d\d(?:T|$)/

/**
 * When an invitation ends: `10m` or `2h 30m` from now, an ISO 8601 date (without
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

  const duration = Math.floor(durationOf(text))

  return duration > 0 ? now + duration : undefined
}

/** ms; NaN: not understood. The library skips what it does not know, and takes units in any order. */
function durationOf (text: string): number {
  const parts = DURATION.test(text) ? text.match(/\d+ *[a-z]+/gi) ?? [] : []
  const units = parts.map(part => parseDuration(part.replace(/\d+/, '1')) ?? Number.NaN)

  return units.every((unit, i) => i === 0 || unit < (units[i - 1] ?? 0)) ? parts.reduce((sum, part) => sum + (parseDuration(part) ?? Number.NaN), 0) : Number.NaN
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

/** `90 seconds`, `10 minutes`, `5 hours`, `3 days`; short: `90 sec`, `10 min`, `5 hr`, `3 days` */
export function formatSpan (ms: number, unitDisplay: 'long' | 'short' = 'long'): string {
  const [unit, size] = SPANS.find(([, size]) => ms >= 2 * size) ?? ['second', 1_000] as const

  return Math.max(0, Math.round(ms / size)).toLocaleString('en', { style: 'unit', unit, unitDisplay, useGrouping: false })
}

const SPANS = [['day', 86_400_000], ['hour', 3_600_000], ['minute', 60_000]] as const
