/** plus-one's elements, as React takes them: properties by their names, events behind `on`. */
import type { JoinElement } from 'plus-one/elements'
import type { HTMLAttributes, RefAttributes } from 'react'

type Element<E extends HTMLElement> = HTMLAttributes<E> & RefAttributes<E> & Partial<Omit<E, keyof HTMLElement>>

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'plus-one-join': Element<JoinElement> & Partial<Record<`onplus-one-${'joined' | 'opened' | 'declined' | 'cancelled' | 'named' | 'code'}`, (event: CustomEvent) => void>>
    }
  }
}
