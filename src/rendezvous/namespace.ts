/** What a nameplate is called where others' names are too: at a rendezvous point, in the DHT. */
export function namespaceOf (nameplate: string): string {
  return `plus-one/1/${nameplate}`
}
