import { useEffect, useRef, useState } from 'react'
import type { PinShape } from 'plus-one'

/** A box for each character; a paste fills all of them. */
export function PinBoxes ({ shape: { length, alphabet }, busy, wrong, onPin }: { shape: PinShape, busy: boolean, wrong: boolean, onPin: (pin: string) => void }) {
  const [digits, setDigits] = useState<string[]>([])
  const isDigits = /^\d+$/.test(alphabet)
  const boxes = useRef<Array<HTMLInputElement | null>>([])

  useEffect(() => {
    if (wrong) {
      setDigits([])
      boxes.current[0]?.focus()
    }
  }, [wrong, busy])

  const put = (at: number, text: string): void => {
    const typed = [...text.replace(isDigits ? /\P{Nd}/gu : /[\s.-]/g, '')]
    const next = Array.from({ length }, (_, i) => i >= at && i < at + typed.length ? typed[i - at] ?? '' : digits[i] ?? '')

    if (typed.length === 0) {
      next[at] = ''
    }

    setDigits(next)
    boxes.current[Math.min(length - 1, at + typed.length)]?.focus()

    if (next.every(digit => digit !== '')) {
      onPin(next.join(''))
    }
  }

  return (
    <fieldset className="boxes" disabled={busy}>
      <legend>The PIN that they tell you</legend>
      {Array.from({ length }, (_, i) => (
        <input
          key={i}
          ref={(box) => { boxes.current[i] = box }}
          aria-label={`${isDigits ? 'Digit' : 'Character'} ${i + 1} of ${length}`}
          inputMode={isDigits ? 'numeric' : 'text'}
          autoCapitalize="off"
          autoComplete="off"
          autoFocus={i === 0}
          value={digits[i] ?? ''}
          onFocus={({ target }) => { target.select() }}
          onChange={({ target }) => { put(i, target.value) }}
          onPaste={(event) => { event.preventDefault(); put(0, event.clipboardData.getData('text')) }}
          onKeyDown={(event) => { if (event.key === 'Backspace' && (digits[i] ?? '') === '' && i > 0) boxes.current[i - 1]?.focus() }}
        />
      ))}
      <p role="status">{busy ? 'Checking…' : ''}</p>
    </fieldset>
  )
}
