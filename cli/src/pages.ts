/** Pages of a running command over HTTP: metrics, and whether it is well. */
import { createServer } from 'node:http'
import { UsageError } from './exit.js'
import type { Server } from 'node:http'
import type { Registry } from 'prom-client'

/** `/metrics` for Prometheus and `/health` for whoever watches, on loopback alone: they tell who is connected. */
export async function servePages (port: number, registry: Registry, health: () => object): Promise<Server> {
  const server = createServer((request, response) => {
    const send = (status: number, type: string, body: string): void => { response.writeHead(status, { 'content-type': type }).end(body) }

    switch (request.url) {
      case '/health':
        send(200, 'application/json', `${JSON.stringify({ status: 'ok', ...health() })}\n`)
        break
      case '/metrics':
        registry.metrics().then(text => { send(200, registry.contentType, text) }, () => { send(500, 'text/plain', 'The metrics cannot be read\n') })
        break
      default:
        send(404, 'text/plain', 'Here are /metrics and /health\n')
    }
  })

  await new Promise<void>((resolve, reject) => {
    server.once('error', () => { reject(new UsageError(`Cannot serve metrics on port ${port}; choose another with --metrics`)) })
    server.listen(port, '127.0.0.1', resolve)
  })

  return server
}

export function portOf (server: Server): number {
  const address = server.address()

  return typeof address === 'object' && address != null ? address.port : 0
}
