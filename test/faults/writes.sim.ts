/** Every call, every write of it, every end: `npm run faults -- writes`. */
import { calls } from './calls.js'
import { ENDS, playAll } from './writes.js'

export default async function writes (print: (text: string) => void): Promise<void> {
  let [played, bad] = [0, 0]

  await playAll(calls, ENDS, Number.POSITIVE_INFINITY, (title, { isMet, problem }) => {
    played += isMet ? 1 : 0

    if (problem != null) {
      bad++
      print(`${title}: ${problem} <- must never be`)
    }
  })

  print(`\n${calls.length} calls, ${played} writes that failed, ${bad} with what must never be`)
}
