/** Whom the parts tell: the service, which an app listens to. */
import type { PartiesEvents } from '../interface/index.js'
import type { TypedEventEmitter } from 'main-event'

export type App = Pick<TypedEventEmitter<PartiesEvents>, 'safeDispatchEvent'>
