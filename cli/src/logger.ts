/** What `--verbose` logs: it quotes what other nodes said, and that commands no terminal. */
import { defaultLogger } from '@libp2p/logger'
import { foreign, foreignStack } from './output.js'
import type { ComponentLogger, Logger } from '@libp2p/interface'

/** @param base - Where it goes. @default libp2p's own, on stderr */
export function terminalLogger (base: ComponentLogger = defaultLogger()): ComponentLogger {
  return { forComponent: name => tamed(base.forComponent(name)) }
}

type Write = (format: unknown, ...values: unknown[]) => void

function tamed (log: Logger): Logger {
  const through = (write: Write): Write => (format, ...values) => {
    if (log.enabled) {
      write(typeof format === 'string' ? format : plain(format), ...values.map(plain))
    }
  }

  return Object.defineProperty(Object.assign(through(log), {
    error: through((...line) => { log.error(...line) }),
    trace: through((...line) => { log.trace(...line) }),
    newScope: (name: string) => tamed(log.newScope(name))
  }), 'enabled', { get: () => log.enabled }) as unknown as Logger
}

/** The same value, as far as it is printed. */
function plain (value: unknown): unknown {
  if (typeof value === 'string') {
    return foreign(value)
  }

  if (value instanceof Error) {
    const { name, message } = value

    return { name, message: foreign(message), stack: foreignStack(value), ...(value instanceof AggregateError ? { errors: value.errors.map(plain) } : {}) }
  }

  // a PeerId or multiaddr; what has no text of its own is inspected, which quotes strings
  const hasText = typeof value === 'object' && value != null && !(value instanceof Uint8Array) && !Array.isArray(value) && value.toString !== Object.prototype.toString

  // eslint-disable-next-line @typescript-eslint/no-base-to-string -- it has one of its own
  return hasText ? { toString: () => foreign(String(value)) } : value
}
