/** A QR code as SVG. Loaded when somebody wants to see one. */
import { encode } from 'uqr'

/** Modules of white around it: readers need them (ISO/IEC 18004, 9.1). */
const QUIET = 4

const SVG = 'http://www.w3.org/2000/svg'

export function qrOf (text: string, label: string): SVGElement {
  const { data, size } = encode(text, { border: QUIET })
  const squares = data.flatMap((row, y) => row.flatMap((dark, x) => dark ? [`M${x} ${y}h1v1h-1z`] : []))
  const svg = document.createElementNS(SVG, 'svg')
  const path = document.createElementNS(SVG, 'path')
  // black on white in both themes: readers expect it
  Object.entries({ viewBox: `0 0 ${size} ${size}`, role: 'img', 'aria-label': label, 'shape-rendering': 'crispEdges' }).forEach(([name, value]) => { svg.setAttribute(name, value) })
  Object.entries({ d: squares.join(''), fill: '#000' }).forEach(([name, value]) => { path.setAttribute(name, value) })
  svg.append(path)

  return svg
}
