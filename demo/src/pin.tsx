/** Large, in two halves: people read it aloud. */
export function Pin ({ pin }: { pin: string }) {
  const half = Math.ceil(pin.length / 2)

  return <div className="pin" aria-label={`PIN ${[...pin].join(' ')}`}>{pin.slice(0, half)} {pin.slice(half)}</div>
}
