import { createContext, createElement, useContext } from 'react'
import type { Parties } from '../interface/index.js'
import type { ReactElement, ReactNode } from 'react'

const PartiesContext = createContext<Parties | undefined>(undefined)

/** The node, for all hooks below. */
export interface PartiesProviderProps {
  /** A node that is constructed and started elsewhere: never in a render. */
  node: { services: { parties: Parties } }
  children?: ReactNode
}

/** Gives the hooks below it their node. */
export function PartiesProvider ({ node, children }: PartiesProviderProps): ReactElement {
  return createElement(PartiesContext.Provider, { value: node.services.parties }, children)
}

/** A hook was called outside of the provider. */
export class ProviderMissingError extends Error {
  static override readonly name = 'ProviderMissingError'
  readonly code = 'ERR_PROVIDER_MISSING'

  constructor () {
    super('plus-one\'s hooks work inside <PartiesProvider node={node}>; put one around this component')
    this.name = 'ProviderMissingError'
  }
}

/** The service. @throws {ProviderMissingError} */
export function usePartiesService (): Parties {
  const parties = useContext(PartiesContext)

  if (parties == null) {
    throw new ProviderMissingError()
  }

  return parties
}
