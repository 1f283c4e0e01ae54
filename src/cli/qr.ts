/** QR codes in a terminal. */
import { encode } from 'uqr'

/** Modules of white around the code: the standard's 4 cost 4 lines, and phones read 2. */
const QUIET_ZONE = 2

/** Black on white whatever the theme: colours 16 and 231 of the 256, which themes leave alone. */
const BLACK_ON_WHITE = '\u001b[38;5;16;48;5;231m'
const RESET = '\u001b[0m'

/**
 * The lines of a QR code, two modules high each.
 *
 * @param text - In capitals, digits and ` $%*+-./:` it is dense
 * @param colour - May colours be set? Otherwise it is drawn in the terminal's own, for light letters on dark
 */
export function qrLines (text: string, colour: boolean): string[] {
  const { data } = encode(text, { border: QUIET_ZONE, ecc: 'L', boostEcc: true })
  const lines: string[] = []

  for (let y = 0; y < data.length; y += 2) {
    const line = (data[y] ?? []).map((upper, x) => {
      // past the last row: white
      const lower = data[y + 1]?.[x] ?? false

      return colour ? BLOCKS[Number(upper)]?.[Number(lower)] : BLOCKS[Number(!upper)]?.[Number(!lower)]
    }).join('')

    lines.push(colour ? `${BLACK_ON_WHITE}${line}${RESET}` : line)
  }

  return lines
}

/** By whether the upper, then the lower half is filled. */
const BLOCKS = [[' ', '▄'], ['▀', '█']]
