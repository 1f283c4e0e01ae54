/** Deep links, and a page that was opened by one. */
import { parseInvitation } from '../codec/index.js'

/** A page's own address bar; `window` has it. */
export interface PageWindow {
  location: { href: string }
  history: { state: unknown, replaceState (state: unknown, unused: string, url: string): void }
}

export interface InviteLinkOptions {
  /** @default globalThis, where it is a page */
  window?: PageWindow
}

/**
 * The code that a link carries: one that an app was opened with, or the page's
 * own. Where the page's own address carries it, it is taken out of the address
 * bar and the history entry, so that it is in no bookmark, screenshot or sync of
 * them. (A fragment is in no request, no referrer and no server's log anyway.)
 *
 * @param url - @default the page's own
 * @returns The code, for `lookup` and `redeem`; undefined: the link carries none
 * @throws {InvalidCodeError} It carries one that was mistyped or cut.
 */
export function handleInviteLink (url?: string | URL, { window = pageWindow() }: InviteLinkOptions = {}): string | undefined {
  const page = window == null ? undefined : new URL(window.location.href)
  const link = url == null ? page : new URL(url, page)
  const fragment = link?.hash.slice(1) ?? ''

  if (link == null || !LOOKS_LIKE_CODE.test(fragment)) {
    return undefined
  }

  if (window != null && page?.hash === link.hash) {
    page.hash = ''
    window.history.replaceState(window.history.state, '', page.href.replace(/#$/, ''))
  }

  parseInvitation(fragment)

  return fragment.toUpperCase()
}

/** Base32 and what people and messengers put into it; a page's own anchors are shorter. */
const LOOKS_LIKE_CODE = /^[A-Za-z0-9%._-]{60,2048}$/

function pageWindow (): PageWindow | undefined {
  return 'location' in globalThis && 'history' in globalThis ? globalThis : undefined
}
