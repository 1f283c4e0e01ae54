/** How lists of people and invitations are searched. */

/** A text as people search: without case and accents. */
export function searchable (text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
}
