import { useEffect, useRef, useState } from 'react'

/** A box for each digit; a paste fills all of them. */
export function PinBoxes ({ length, busy, wrong, onPin }: { length: number, busy: boolean, wrong: boolean, onPin: (pin: string) => void }) {
  const [digits, setDigits] = useState<string[]>([])
  const boxes = useRef<Array<HTMLInputElement | null>>([])

  useEffect(() => {
    if (wrong) {
      setDigits([])
      boxes.current[0]?.focus()
    }
  }, [wrong, busy])

  const put = (at: number, text: string): void => {
    const typed = [...text.replace(/\D/g, '')]
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
          aria-label={`Digit ${i + 1} of ${length}`}
          inputMode="numeric"
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
