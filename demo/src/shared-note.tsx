import { common } from 'plus-one/documents'
import { useEffect, useRef } from 'react'
import type { SharedDoc } from './shared-doc.js'
import type * as Y from 'yjs'

/** A text that several write at once. */
export function SharedNote ({ shared }: { shared: SharedDoc }) {
  const area = useRef<HTMLTextAreaElement>(null)
  useEffect(() => area.current == null ? undefined : bind(area.current, shared), [shared])

  return <textarea ref={area} id="shared-note" dir="auto" rows={6} readOnly={!shared.provider.canWrite} />
}

/** @returns What takes it apart again */
function bind (area: HTMLTextAreaElement, shared: SharedDoc): () => void {
  const { note, doc } = shared
  let isComposing = false

  const write = (): void => {
    if (!isComposing && area.value !== note.toJSON()) {
      const [before, now] = [note.toJSON(), area.value]
      const { start, end } = common(before, now)
      doc.transact(() => {
        note.delete(start, before.length - start - end)
        note.insert(start, now.slice(start, now.length - end))
      }, area)
      shared.type()
    }
  }

  const show = ({ delta }: Pick<Y.YTextEvent, 'delta'>, transaction?: Y.Transaction): void => {
    // what an input method has begun is not taken from under it
    if (!isComposing && transaction?.origin !== area) {
      const [start, end] = [area.selectionStart, area.selectionEnd].map(at => moved(at, delta)) as [number, number]
      area.value = note.toJSON()

      // setting it where nobody is would bring the keyboard up
      if (document.activeElement === area) {
        area.setSelectionRange(start, end)
      }
    }
  }

  const compose = ({ type }: Event): void => {
    isComposing = type === 'compositionstart'
    write()
  }

  show({ delta: [] })
  note.observe(show)
  area.addEventListener('input', write)
  area.addEventListener('compositionstart', compose)
  area.addEventListener('compositionend', compose)

  return () => {
    note.unobserve(show)
    area.removeEventListener('input', write)
    area.removeEventListener('compositionstart', compose)
    area.removeEventListener('compositionend', compose)
  }
}

/** Where the caret is after others wrote. */
function moved (at: number, delta: Y.YTextEvent['delta']): number {
  let here = 0

  for (const { retain = 0, insert = '', delete: gone = 0 } of delta) {
    here += retain

    if (here < at) {
      const length = typeof insert === 'string' ? insert.length : 1
      at += length - Math.min(gone, at - here)
      here += length
    }
  }

  return at
}
