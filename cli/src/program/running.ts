/** Commands that stay: serving, a relay, the demo. */
import { always, listening, number, online, stored } from '../options.js'
import type { Define } from './page.js'

const RUNNING = 'Keep it running, and see it run:'

/** The port of `plus-one relay`, WebSockets; TCP is on the next. */
const RELAY_PORT = 4100

export function defineRunning (define: Define): void {
  define<{ metrics?: number }>('serve', {
    group: RUNNING,
    says: 'stay online: open invitations, your parties, and invitations to you that come in',
    common: online(),
    options: [number('--metrics <port>', '/metrics and /health over HTTP, on loopback', 0, 65_535)],
    examples: ['plus-one serve --relay /dns4/relay.example/tcp/443/wss/p2p/12D3KooW…', 'plus-one serve --metrics 9464']
  }, ({ metrics }) => ({ name: 'serve', metrics }))

  define<{ port?: number, metrics?: number }>('relay', {
    group: RUNNING,
    says: 'run a circuit relay for those who cannot be dialled, and a rendezvous point for short codes',
    options: [
      number('--port <port>', `WebSockets here, TCP on the next port; default ${RELAY_PORT}`, 0, 65_534),
      number('--metrics <port>', '/metrics and /health over HTTP, on loopback', 0, 65_535)
    ],
    common: [...stored(), ...listening()],
    examples: ['plus-one relay --data /var/lib/plus-one --metrics 9464'],
    more: 'With --data it keeps its key, and so its address.'
  }, ({ port = RELAY_PORT, metrics }) => ({ name: 'relay', port, metrics }))

  define('demo', { group: RUNNING, says: 'watch one invitation, from both sides', common: always(), examples: ['plus-one demo'] }, () => ({ name: 'demo' }))
}
