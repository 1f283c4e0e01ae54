import { useEffect, useRef } from 'react'
import type { ReactNode } from 'react'

/** A screen's heading: who comes to the screen is there, with the keyboard and by ear, too. */
export function Heading ({ children }: { children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => { heading.current?.focus() }, [])

  return <h1 tabIndex={-1} ref={heading}>{children}</h1>
}
