import { useEffect, useState } from 'react'

/** The time left, as a ring that empties. */
export function Ring ({ expiresAt, lifetime }: { expiresAt: number, lifetime: number }) {
  const [now, setNow] = useState(() => Date.now())

  useEffect(() => {
    const timer = setInterval(() => { setNow(Date.now()) }, 1_000)

    return () => { clearInterval(timer) }
  }, [])

  const left = Math.max(0, expiresAt - now)
  const seconds = Math.ceil(left / 1000)
  const text = `${Math.floor(seconds / 60)}:${(seconds % 60).toString().padStart(2, '0')}`

  return (
    <span className="ring" role="timer" aria-label={`${text} left`}>
      <svg viewBox="0 0 36 36" aria-hidden="true"><circle cx="18" cy="18" r="16" pathLength="100" /><circle className="left" cx="18" cy="18" r="16" pathLength="100" strokeDasharray={`${Math.min(100, 100 * left / lifetime)} 100`} /></svg>
      {text}
    </span>
  )
}
