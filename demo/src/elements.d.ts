/** plus-one's elements, as React takes them: properties by their names, events behind `on`. */
import type { InviteElement, JoinElement } from 'plus-one/elements'
import type { HTMLAttributes, RefAttributes } from 'react'

type Element<E extends HTMLElement, Told extends string> = HTMLAttributes<E> & RefAttributes<E> & Partial<Omit<E, keyof HTMLElement>> & Partial<Record<`onplus-one-${Told}`, (event: CustomEvent) => void>>

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'plus-one-invite': Element<InviteElement, 'created' | 'closed'>
      'plus-one-join': Element<JoinElement, 'joined' | 'opened' | 'declined' | 'cancelled' | 'named' | 'code'>
    }
  }
}
