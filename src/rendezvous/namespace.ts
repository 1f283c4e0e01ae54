/** What a party's name begins with (docs/meeting.md, "Rendezvous"); no nameplate has a slash. */
const OF_PARTIES = 'plus-one/party/1/'

/** What a nameplate is called where others' names are too: at a rendezvous point, in the DHT. A party's name is such a one already. */
export function namespaceOf (name: string): string {
  return name.startsWith(OF_PARTIES) ? name : `plus-one/1/${name}`
}
