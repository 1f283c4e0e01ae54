/** An element in a page: what a person sees of it, and does. */
import axe from 'axe-core'
import { vi } from 'vitest'
import '../../src/elements/index.js'
import type { Member } from '../../src/index.js'

/** For what hangs: a busy machine makes any page slow. */
const waitFor = async <T>(found: () => T): Promise<T> => vi.waitFor(found, { timeout: 30_000, interval: 20 })

export interface Shown <E extends HTMLElement> {
  element: E
  /** All its text. */
  text: () => string
  sees: (text: string | RegExp) => Promise<void>
  heading: () => string
  press: (button: string) => Promise<void>
  field: (label: string | RegExp) => HTMLInputElement | undefined
  type: (label: string | RegExp, text: string) => Promise<void>
}

export function show <E extends HTMLElement> (element: E): Shown<E> {
  document.body.append(element)
  const root = (): ShadowRoot => element.shadowRoot as ShadowRoot
  const text = (): string => (root().querySelector('.root')?.textContent ?? '').replace(/\s+/g, ' ').trim()
  const field = (label: string | RegExp): HTMLInputElement | undefined => [...root().querySelectorAll('label')]
    .filter(({ textContent }) => typeof label === 'string' ? textContent.includes(label) : label.test(textContent))
    .map(({ htmlFor }) => root().querySelector<HTMLInputElement>(`#${htmlFor}`))[0] ?? undefined

  return {
    element,
    text,
    field,
    heading: () => root().querySelector('#heading')?.textContent?.trim() ?? '',
    sees: async (what) => {
      await waitFor(() => {
        if (typeof what === 'string' ? !text().includes(what) : !what.test(text())) {
          throw new Error(`Not seen: ${what.toString()}; but: ${text()}`)
        }
      })
    },
    press: async (name) => {
      const button = await waitFor(() => {
        const found = [...root().querySelectorAll<HTMLElement>('button, summary')].find(({ textContent }) => textContent.replace(/\s+/g, ' ').trim() === name)

        return found ?? (() => { throw new Error(`No button ${name}; but: ${text()}`) })()
      })
      button.focus()
      button.click()
    },
    type: async (label, text) => {
      const input = await waitFor(() => field(label) ?? (() => { throw new Error(`No field ${label.toString()}`) })())
      input.focus()
      input.value = text
      input.dispatchEvent(new InputEvent('input', { bubbles: true, composed: true }))
    }
  }
}

/** Members of a large party, by their names: they are only looked at. `looks` counts how often. */
export function crowd (names: readonly string[]): { members: Member[], looks: () => number } {
  let looks = 0
  const members = names.map((displayName, i) => ({
    id: `${i}`,
    peerId: { toString: () => `key-${i}`, equals: (other: { toString: () => string }) => other.toString() === `key-${i}` },
    profile: { displayName },
    get self () {
      looks++

      return false
    }
  }))

  return { members: members as unknown as Member[], looks: () => looks }
}

/** What is inaccessible about the page, by axe's rules. */
export async function complaints (): Promise<string[]> {
  // a test's page is no page: it has no title, landmarks or first heading
  const { violations } = await axe.run(document.body, { rules: { region: { enabled: false }, 'page-has-heading-one': { enabled: false }, 'landmark-one-main': { enabled: false } } })

  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target, html }) => `${target.join(' ')} ${html}`).join('; ')}`)
}

/** Another PIN than this one. */
export const wrong = (pin: string): string => ((Number(pin) + 1) % 1_000_000).toString().padStart(6, '0')
