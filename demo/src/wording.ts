/** How the sheet of an invitation speaks: of a guest, or of a device of one's own. */
import { nameOf } from './people.js'
import type { Candidate, InvitationJoin } from 'plus-one'

export interface Wording {
  title: string
  sendLink: [string, string]
  sayPin: [string, string]
  /** Instead of the link, where there is no way to send one. */
  aloud: string
  words: [string, string]
  wordsPin: [string, string]
  joined: (join: InvitationJoin) => string
  candidate: (candidate: Candidate) => string
  admit: string
  refuse: string
  cancel: string
  again: string
}

export const FOR_GUESTS: Wording = {
  title: 'Invitation',
  sendLink: ['Send the link', ' in a message, or let them scan it.'],
  sayPin: ['Say the PIN', ' over another channel, as on the phone.'],
  aloud: 'Say it on the phone',
  words: ['Say the four words.', ' They find this page.'],
  wordsPin: ['When they see your name, say the PIN', ', and not before: the words alone let nobody in.'],
  joined: ({ member }) => `${nameOf(member)} is in.`,
  candidate: (candidate) => `${nameOf(candidate)} knows the PIN and wants to join. Does their screen show`,
  admit: 'Let them in',
  refuse: 'No',
  cancel: 'Take it back',
  again: 'New invitation'
}

export const FOR_DEVICES: Wording = {
  title: 'Add a device',
  sendLink: ['Scan the code with the new device', ', or open the link there.'],
  sayPin: ['Type the PIN', ' on the new device.'],
  aloud: 'Use four words instead',
  words: ['Type the four words', ' on the new device: Home, “You were invited”.'],
  wordsPin: ['Type the PIN', ' when it shows your name.'],
  joined: () => 'The device is linked.',
  candidate: () => 'A device knows the PIN. Look at its screen: does it show',
  admit: 'It matches',
  refuse: 'It does not match',
  cancel: 'Cancel',
  again: 'New code'
}
