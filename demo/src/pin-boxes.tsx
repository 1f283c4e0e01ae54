import { OTPInput } from 'input-otp'
import { useEffect, useId, useRef, useState } from 'react'
import type { PinShape } from 'plus-one'
import type { SlotProps } from 'input-otp'

/**
 * One input that is drawn as a box for each character: a paste, a screen reader and the keyboard find a text field.
 *
 * @param from - Where the PIN is to be had
 */
export function PinBoxes ({ from, shape: { length, alphabet }, busy, wrong, onPin }: { from: string, shape: PinShape, busy: boolean, wrong: boolean, onPin: (pin: string) => void }) {
  const [pin, setPin] = useState('')
  const input = useRef<HTMLInputElement>(null)
  const id = useId()
  const isDigits = /^\d+$/.test(alphabet)
  const clean = (text: string): string => text.replace(isDigits ? /\P{Nd}/gu : /[\s.-]/g, '')

  useEffect(() => {
    if (wrong) {
      setPin('')
      input.current?.focus()
    }
  }, [wrong, busy])

  const type = (text: string): void => {
    const typed = [...clean(text)].slice(0, length)
    setPin(typed.join(''))

    if (typed.length === length && typed.join('') !== pin) {
      onPin(typed.join(''))
    }
  }

  return (
    <div className="boxes">
      <label htmlFor={id}>The PIN {from}: {length} {isDigits ? 'digits' : 'characters'}</label>
      <OTPInput
        ref={input}
        id={id}
        // its boxes are UTF-16 units, of which an emoji has two
        maxLength={length * Math.max(...[...alphabet].map(character => character.length))}
        value={pin}
        onChange={type}
        pasteTransformer={clean}
        disabled={busy}
        autoFocus
        inputMode={isDigits ? 'numeric' : 'text'}
        autoCapitalize="off"
        autoComplete="off"
        pushPasswordManagerStrategy="none"
        render={({ slots }) => (
          <div className="slots" aria-hidden="true" style={{ gridTemplateColumns: `repeat(${columnsFor(length)}, minmax(0, 3rem))` }}>
            {boxesOf(pin, length, slots).map(({ character, isActive, hasFakeCaret }, i) => (
              <div key={i} className={isActive ? 'slot active' : 'slot'}>{character ?? (hasFakeCaret && <span className="caret" />)}</div>
            ))}
          </div>
        )}
      />
      <p role="status">{busy ? 'Checking…' : ''}</p>
    </div>
  )
}

interface Box extends Pick<SlotProps, 'isActive' | 'hasFakeCaret'> {
  character?: string
}

function boxesOf (pin: string, length: number, slots: SlotProps[]): Box[] {
  const characters = [...pin]
  let unit = 0

  return Array.from({ length }, (_, i) => {
    const { isActive = false, hasFakeCaret = false } = slots[unit] ?? {}
    unit += characters[i]?.length ?? 1

    return { character: characters[i], isActive, hasFakeCaret }
  })
}

/** Rows of equal length, of at most six. */
function columnsFor (length: number): number {
  return Math.ceil(length / Math.ceil(length / 6))
}
