// an app's tests
import { createNetwork, FakeClock } from 'plus-one/testing'

export const clock = new FakeClock()
export const node = await createNetwork().node({ clock })
