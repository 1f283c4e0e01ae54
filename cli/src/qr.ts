/** QR codes in a terminal. */
import { renderUnicodeCompact } from 'uqr'

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
  const lines = renderUnicodeCompact(text, { border: QUIET_ZONE, ecc: 'L', boostEcc: true, invert: colour }).split('\n')

  return colour ? lines.map(line => `${BLACK_ON_WHITE}${line}${RESET}`) : lines
}
