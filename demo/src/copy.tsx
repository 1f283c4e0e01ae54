import { useEffect, useState } from 'react'

/** A text to select, or to copy by a button. */
export function Copy ({ label, text }: { label: string, text: string }) {
  const [copied, setCopied] = useState(false)

  useEffect(() => {
    const timer = setTimeout(() => { setCopied(false) }, 2_000)

    return () => { clearTimeout(timer) }
  }, [copied])

  return (
    <div className="row">
      <input readOnly aria-label={label} value={text} onFocus={({ target }) => { target.select() }} />
      <button onClick={() => { navigator.clipboard.writeText(text).then(() => { setCopied(true) }, () => {}) }}>{copied ? 'Copied' : 'Copy'}</button>
    </div>
  )
}
