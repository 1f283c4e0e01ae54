import { useState } from 'react'
import { useDevices, usePartiesService, usePerson } from 'plus-one/react'
import { AddDevice } from './add-device.js'
import { Heading } from './heading.js'
import { suggestedDeviceName } from './me.js'
import { partyName } from './people.js'
import { Unlink } from './unlink.js'
import type { Device, Party } from 'plus-one'

/** My devices: which they are, another one, and one less. */
export function DevicesPage ({ all, onReset }: { all: readonly Party[], onReset: () => void }) {
  const devices = useDevices()
  const isLinked = devices.some(({ self }) => self)

  return (
    <>
      <Heading>My devices</Heading>
      <p className="lead">All of them are you: one member in each of your parties.</p>
      {!isLinked && <Unlinked onReset={onReset} />}
      <DeviceList all={all} />
      {isLinked && <AddDevice />}
      {isLinked && <OwnName />}
    </>
  )
}

/** @param words - While the person is recovering: they are not asked for again */
export function DeviceList ({ all, words }: { all: readonly Party[], words?: string }) {
  const devices = useDevices()
  const [leaving, setLeaving] = useState<Device>()
  const [told, setTold] = useState('')

  return (
    <section aria-labelledby="devices">
      <h2 id="devices">Devices</h2>
      <ul className="devices" aria-label="Devices">
        {devices.map(device => (
          <li key={device.peerId.toString()}>
            <span>
              <b dir="auto">{deviceName(device)}</b>{device.self ? ' (this one)' : ''}
              <small>{storyOf(device, devices)}</small>
              {device.missing.length > 0 && <small>Not yet in {device.missing.map((key) => { const party = all.find(party => party.key === key); return party == null ? 'one more party' : partyName(party) }).join(', ')}</small>}
            </span>
            {!device.self && <button aria-expanded={leaving?.peerId.equals(device.peerId) === true} onClick={() => { setTold(''); setLeaving(device) }}>Unlink…</button>}
          </li>
        ))}
      </ul>
      <p role="status" className="told">{told}</p>
      {leaving != null && (
        <Unlink
          key={leaving.peerId.toString()}
          device={leaving}
          words={words}
          onDone={() => { setTold(`${deviceName(leaving)} is unlinked.`); setLeaving(undefined) }}
          onCancel={() => { setLeaving(undefined) }}
        />
      )}
    </section>
  )
}

/** This device was taken out by another one. */
function Unlinked ({ onReset }: { onReset: () => void }) {
  const parties = usePartiesService()
  const [problem, setProblem] = useState<string>()

  return (
    <section>
      <p role="alert"><b>This device was unlinked.</b> What it does from now on does not count. What it has received is still here.</p>
      {problem != null && <p role="alert" className="problem">{problem}.</p>}
      <button className="danger" onClick={() => { parties.reset().then(onReset, (err: Error) => { setProblem(err.message) }) }}>Delete everything on this device</button>
    </section>
  )
}

/** By which the others know this one. */
function OwnName () {
  const person = usePerson()
  const own = person.devices.find(({ self }) => self)?.name ?? ''
  const [typed, setTyped] = useState<string>()
  const name = typed ?? (own === '' ? suggestedDeviceName() : own)
  const [told, setTold] = useState<string>()
  const [problem, setProblem] = useState<string>()

  return (
    <form onSubmit={(event) => {
      event.preventDefault()
      setProblem(undefined)
      person.setDeviceName(name.trim()).then(() => { setTold('Saved.') }, (err: Error) => { setTold(undefined); setProblem(err.message) })
    }}
    >
      <label htmlFor="device-name">Name of this device</label>
      <div className="row">
        <input id="device-name" dir="auto" value={name} maxLength={40} onChange={({ target }) => { setTold(undefined); setTyped(target.value) }} />
        <button disabled={name.trim() === '' || name.trim() === own}>Save</button>
      </div>
      <p role="status" className="told">{told}</p>
      {problem != null && <p role="alert" className="problem">{problem}.</p>}
    </form>
  )
}

export function deviceName ({ name, peerId }: Device): string {
  return name === '' ? `Device …${peerId.toString().slice(-6)}` : name
}

function storyOf ({ online, addedAt, addedBy, self }: Device, devices: readonly Device[]): string {
  const by = devices.find(({ peerId }) => addedBy?.equals(peerId))

  return [
    self ? '' : online ? 'online' : 'not connected',
    addedAt == null ? '' : `since ${new Date(addedAt).toLocaleDateString()}`,
    by == null ? addedBy == null ? '' : 'added by a device that is gone' : `added by ${deviceName(by)}`
  ].filter(part => part !== '').join(' · ')
}
