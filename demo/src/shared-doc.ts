/** What a party shares on this page: a list and a note, which IndexedDB keeps on this device, sealed. */
import { YjsProvider } from 'plus-one/yjs'
import { useCallback, useEffect, useState, useSyncExternalStore } from 'react'
import * as Y from 'yjs'
import { databaseOf } from './shared-kept.js'
import { storeOf } from './shared-store.js'
import type { Member, Party } from 'plus-one'

/** How long somebody is said to type after the last key, ms. */
const TYPING = 2_000

export type Item = Y.Map<string | boolean>

export class SharedDoc {
  readonly doc = new Y.Doc()
  readonly list = this.doc.getArray<Item>('list')
  readonly note = this.doc.getText('note')
  readonly provider: YjsProvider
  readonly #party: Party
  readonly #listeners = new Set<() => void>()
  /** Grows with each change. */
  #version = 0
  #resting: ReturnType<typeof setTimeout> | undefined
  /** Was something written here that this person may not write? */
  refused = false

  constructor (party: Party) {
    this.#party = party
    this.provider = new YjsProvider(party, this.doc, { store: storeOf(databaseOf(party)) })
    this.provider.awareness.setLocalState({ device: party.self.toString() })
    this.provider.awareness.on('change', this.#changed)
    this.provider.addEventListener('access', () => { this.refused = false; this.#changed() })
    this.provider.addEventListener('synced', this.#changed)
    this.provider.addEventListener('refused', () => { this.refused = true; this.#changed() })
    this.doc.on('update', this.#changed)
  }

  readonly #changed = (): void => {
    this.#version++
    this.#listeners.forEach((listener) => { listener() })
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)

    return () => { this.#listeners.delete(listener) }
  }

  readonly getVersion = (): number => this.#version

  /** Others who have it open, and whether they type: of what they say only that they are members is looked up. */
  get others (): Array<{ member: Member, isTyping: boolean }> {
    const states = [...this.provider.awareness.getStates().values()]

    return this.#party.members.filter(({ self }) => !self).flatMap((member) => {
      const open = states.filter(({ device }) => member.devices.some(peer => peer.toString() === device))

      return open.length === 0 ? [] : [{ member, isTyping: open.some(({ typing }) => typing === true) }]
    })
  }

  /** This person types. */
  type (): void {
    const { awareness } = this.provider
    clearTimeout(this.#resting)
    this.#resting = setTimeout(() => { awareness.setLocalStateField('typing', false) }, TYPING)

    if (awareness.getLocalState()?.typing !== true) {
      awareness.setLocalStateField('typing', true)
    }
  }

  add (text: string): void {
    this.list.push([new Y.Map<string | boolean>([['text', text], ['done', false]])])
  }

  remove (item: Item): void {
    const at = this.list.toArray().indexOf(item)

    if (at >= 0) {
      this.list.delete(at, 1)
    }
  }

  close (): void {
    clearTimeout(this.#resting)
    this.provider.destroy()
  }
}

/** The party's list and note, while a component shows them. */
export function useSharedDoc (party: Party): SharedDoc | undefined {
  const [shared, setShared] = useState<SharedDoc>()

  useEffect(() => {
    const opened = new SharedDoc(party)
    setShared(opened)

    return () => {
      opened.close()
      setShared(undefined)
    }
  }, [party])

  useSyncExternalStore(useCallback(listener => shared?.subscribe(listener) ?? (() => {}), [shared]), () => shared?.getVersion())

  return shared
}
