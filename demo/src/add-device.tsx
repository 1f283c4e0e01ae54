import { usePerson } from 'plus-one/react'
import { DeviceSheet } from './invite-sheet.js'
import { suggestedDeviceName } from './me.js'

export function AddDevice () {
  const person = usePerson()

  const name = (): void => {
    // a list of two needs names
    if (person.devices.some(({ self, name }) => self && name === '')) {
      person.setDeviceName(suggestedDeviceName()).catch(() => {})
    }
  }

  return <DeviceSheet person={person} onCreated={name} />
}
