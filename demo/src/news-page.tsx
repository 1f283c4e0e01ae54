import { useEffect, useState } from 'react'
import { Heading } from './heading.js'
import { dismiss, fold, onNews, see, textOf, useNews } from './news.js'
import { go, hrefOf, useRoute } from './routes.js'
import type { NewsItem, Tone } from './news.js'
import type { Route } from './routes.js'

/** How long what asks for nothing stays over the screen, ms; it is in the list all the same. */
const SHOWN = 10_000

/** So many lie over the screen, the newest. */
const AT_ONCE = 2

/** How much of a party, or of all, was not seen yet. */
export function useUnseen (partyKey?: string): number {
  return useNews().filter(({ seen, partyKey: of }) => !seen && (partyKey == null || of === partyKey)).length
}

/** News over whatever screen is shown, said aloud too: bad news at once, other news when there is a pause. */
export function Toasts () {
  const news = useNews()
  const route = useRoute()
  const visible = useVisible()

  useEffect(() => {
    if (visible) {
      see(route)
    }
  }, [visible, route, news])

  useEffect(() => onNews(notify), [])

  // a sheet, the devices and the list of news tell of theirs by themselves; of a party something was told that is not on its screen
  const isHere = ({ link }: NewsItem): boolean => route.at === 'news' || (link != null && hrefOf(link.to) === hrefOf(route) && !(link.to.at === 'party' && link.to.invite == null))
  const all = news.filter(item => item.open && !isHere(item))
  const open = all.slice(0, AT_ONCE)
  const isBad = ({ tone }: NewsItem): boolean => tone === 'bad'

  return (
    <div className="toasts" role="region" aria-label="What has just happened">
      <div role="alert">{open.filter(isBad).map(item => <Toast key={item.id} item={item} route={route} />)}</div>
      <div role="status">{open.filter(item => !isBad(item)).map(item => <Toast key={item.id} item={item} route={route} />)}</div>
      {all.length > AT_ONCE && <a className="button" href={hrefOf({ at: 'news' })}>{all.length - AT_ONCE} more</a>}
    </div>
  )
}

/** @param route - Where one is: no link leads there */
function Toast ({ item, route }: { item: NewsItem, route: Route }) {
  const { id, tone, link, isWaiting } = item
  const [held, setHeld] = useState(false)
  const stays = held || isWaiting || tone === 'bad' || tone === 'warning'

  useEffect(() => {
    if (!stays) {
      const timer = setTimeout(() => { fold(id) }, SHOWN)

      return () => { clearTimeout(timer) }
    }

    return undefined
  }, [id, stays])

  return (
    <div className={`toast ${tone}`} onPointerEnter={() => { setHeld(true) }} onPointerLeave={() => { setHeld(false) }} onFocus={() => { setHeld(true) }} onBlur={() => { setHeld(false) }}>
      <Icon tone={tone} />
      <Sentence item={item} />
      <button aria-label="Dismiss" onClick={() => { dismissSeen(item) }}>✕</button>
      {link != null && !(link.to.at === 'party' && link.to.invite == null ? route.at === 'party' && route.key === link.to.key : hrefOf(link.to) === hrefOf(route)) && <a className="button" href={hrefOf(link.to)} onClick={() => { dismissSeen(item) }}>{link.text}</a>}
    </div>
  )
}

/** Who waits is still to be answered. */
function dismissSeen ({ id, isWaiting }: NewsItem): void {
  (isWaiting ? fold : dismiss)(id)
}

/** All news since the page was loaded. */
export function NewsPage () {
  const news = useNews()

  return (
    <>
      <Heading>News</Heading>
      <Notifications />
      <section aria-labelledby="since">
        <h2 id="since">Since this page was opened</h2>
        {news.length === 0 && <p className="hint">Nothing yet. Who joins, wrong PINs, and who waits for an answer are told here, and on every screen.</p>}
        <ul className="news" aria-label="News" aria-live="polite">
          {news.map(item => (
            <li key={item.id} className={item.tone}>
              <Icon tone={item.tone} />
              <span><Sentence item={item} /><small>{new Date(item.at).toLocaleTimeString([], { timeStyle: 'short' })}</small></span>
              {item.link != null && <a className="button" href={hrefOf(item.link.to)}>{item.link.text}</a>}
            </li>
          ))}
        </ul>
      </section>
    </>
  )
}

function Sentence ({ item: { parts } }: { item: NewsItem }) {
  return <span className="sentence">{parts().map((part, i) => typeof part === 'string' ? part : <bdi key={i}>{part.name}</bdi>)}</span>
}

const SHAPES: Record<Tone, string> = {
  good: 'M5 10.5l3.5 3.5L15 7',
  info: 'M10 9v5M10 6v.1',
  warning: 'M10 5.5v5.5M10 14v.1',
  bad: 'M6.5 6.5l7 7M13.5 6.5l-7 7'
}

const NAMES: Record<Tone, string> = { good: 'Good news', info: 'News', warning: 'Warning', bad: 'Bad news' }

function Icon ({ tone }: { tone: Tone }) {
  return <svg className="icon" viewBox="0 0 20 20" role="img" aria-label={NAMES[tone]}><circle cx="10" cy="10" r="9" /><path d={SHAPES[tone]} /></svg>
}

/** By the browser, while nobody looks at the page: where the person wants that. */
function Notifications () {
  const [permission, setPermission] = useState(() => 'Notification' in globalThis ? Notification.permission : undefined)

  switch (permission) {
    case undefined: return null
    case 'granted': return <p className="hint">While you look at another page, your browser tells you.</p>
    case 'denied': return <p className="hint">Your browser does not show notifications of this page; its settings allow them.</p>
    case 'default': return <p><button onClick={() => { Notification.requestPermission().then(setPermission, () => {}) }}>Notify me while I look at another page</button></p>
  }
}

function notify ({ parts, link }: NewsItem): void {
  if (document.hidden && 'Notification' in globalThis && Notification.permission === 'granted') {
    try {
      const notification = new Notification('plus-one', { body: textOf(parts()) })

      notification.onclick = () => {
        focus()
        goTo(link?.to)
        notification.close()
      }
    } catch {
      // some phones' browsers take them from workers alone
    }
  }
}

function goTo (route: Route = { at: 'news' }): void {
  go(route)
}

function useVisible (): boolean {
  const [visible, setVisible] = useState(!document.hidden)

  useEffect(() => {
    const follow = (): void => { setVisible(!document.hidden) }
    document.addEventListener('visibilitychange', follow)

    return () => { document.removeEventListener('visibilitychange', follow) }
  }, [])

  return visible
}
