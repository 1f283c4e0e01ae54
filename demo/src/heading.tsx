import { useEffect, useRef } from 'react'
import { hasMoved } from './routes.js'
import { setTitle } from './title.js'
import type { ReactNode } from 'react'

/**
 * A screen's heading: who comes to the screen is there, with the keyboard and by ear, too.
 *
 * @param title - The page's, where it is not the heading's text
 */
export function Heading ({ children, title }: { children: ReactNode, title?: string }) {
  const heading = useRef<HTMLHeadingElement>(null)

  useEffect(() => {
    if (hasMoved()) {
      heading.current?.focus()
    }
  }, [])

  useEffect(() => { setTitle(title ?? heading.current?.textContent ?? '') })

  return <h1 tabIndex={-1} dir="auto" ref={heading}>{children}</h1>
}
