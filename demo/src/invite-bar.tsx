import { useEffect, useState } from 'react'

/** *Invite*, when what it leads to is not in sight: in a party of 200 it is in reach all the same. */
export function InviteBar ({ target }: { target: React.RefObject<HTMLElement | null> }) {
  const [isAway, setAway] = useState(false)

  useEffect(() => {
    const element = target.current

    if (element == null) {
      return undefined
    }

    const observer = new IntersectionObserver(([entry]) => { setAway(entry?.isIntersecting === false) })
    observer.observe(element)

    return () => { observer.disconnect() }
  }, [target])

  const back = (): void => {
    target.current?.scrollIntoView({ block: 'center' })
    target.current?.querySelector('plus-one-invite')?.focus()
  }

  return isAway && <button className="primary invite-bar" onClick={back}>Invite</button>
}
