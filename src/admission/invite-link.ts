/** Deep links, and a page that was opened by one. */
import { encodeCode, findCode, parseInvitation, percentDecoded } from '../codec/index.js'

/** A page's own address bar; `window` has it. */
export interface PageWindow {
  location: { href: string }
  history: {
    state: unknown
    /** As the browser's own. */
    replaceState (state: unknown, unused: string, url: string): void
  }
}

/** What `handleInviteLink` looks at, and whether it cleans up. */
export interface InviteLinkOptions {
  /** @default globalThis, where it is a page */
  window?: PageWindow
}

/**
 * The code that a link carries, wherever `parseInvitation` finds it: one that an app
 * was opened with, or the page's own. Where the page's own address carries it, it is
 * taken out of the address bar and the history entry, with what messengers hang on
 * to it, so that it is in no bookmark, screenshot or sync of them. (A fragment is in
 * no request, no referrer and no server's log anyway.)
 *
 * @param url - @default the page's own
 * @returns The code, for `lookup` and `redeem`; undefined: the link carries none
 * @throws {InvalidCodeError} It carries one that was mistyped or cut.
 */
export function handleInviteLink (url?: string | URL, { window = pageWindow() }: InviteLinkOptions = {}): string | undefined {
  const page = window == null ? undefined : new URL(window.location.href)
  const link = url == null ? page : new URL(url, page)
  const text = link == null ? undefined : codeIn(link)

  if (text == null) {
    return undefined
  }

  const clean = page == null ? undefined : without(page, text)

  if (clean !== page?.href) {
    window?.history.replaceState(window.history.state, '', clean ?? '')
  }

  return encodeCode(parseInvitation(text))
}

/** A mistyped code, at the start of a text: base32 and what people and messengers put into it. A page's own anchors are shorter. */
const LOOKS_LIKE_CODE = /^[A-Za-z0-9._ -]{60,2048}/

/** What of a link is the code, or is meant to be; undefined: it carries none. */
function codeIn (link: URL): string | undefined {
  const fragment = percentDecoded(link.hash.slice(1))

  for (const text of fragment === '' ? [link.href] : [fragment, link.href]) {
    try {
      return findCode(text).found
    } catch {
      // told where it looks like one
    }
  }

  return LOOKS_LIKE_CODE.exec(fragment)?.[0]
}

/** The page's address without this text, nor any code: in its fragment, where links have it, or where somebody has put it. */
function without (page: URL, text: string): string {
  const clean = new URL(page)
  const carries = (part: string): boolean => percentDecoded(part).includes(text) || hasCode(percentDecoded(part))

  if (carries(clean.hash)) {
    clean.hash = ''
  }

  for (const [name, value] of [...page.searchParams]) {
    if (carries(value)) {
      clean.searchParams.delete(name)
    }
  }

  clean.pathname = clean.pathname.split('/').map(segment => carries(segment) ? '' : segment).join('/')

  return clean.href.replace(/#$/, '')
}

/** As it is read, it may be written otherwise: encoded twice, in letters of another width. */
function hasCode (part: string): boolean {
  try {
    return findCode(part).found !== ''
  } catch {
    return false
  }
}

function pageWindow (): PageWindow | undefined {
  return 'location' in globalThis && 'history' in globalThis ? globalThis : undefined
}
