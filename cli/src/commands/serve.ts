import { watchInvitation, showInvitation } from '../invitation-progress.js'
import { answerInvitations } from '../inbox.js'
import { startNode } from '../node.js'
import { count, foreign } from '../output.js'
import { partyFields } from '../members.js'
import { portOf, servePages } from '../pages.js'
import { reserve } from '../relays.js'
import { untilSignal } from '../signals.js'
import type { Command } from '../command.js'
import type { Context } from '../context.js'
import type { prometheusMetrics } from '@libp2p/prometheus-metrics'
import type { Server } from 'node:http'
import type { Registry } from 'prom-client'
import type { Invitation } from 'plus-one'

/** Serves all pending invitations of the data directory, and the logs, and takes in direct invitations, until it is stopped. */
export async function serve ({ metrics }: Extract<Command, { name: 'serve' }>, context: Context): Promise<void> {
  const { common, out, signal } = context
  const counted = metrics == null ? undefined : await counting()
  const { node, relay, moved, stop } = await startNode({ ...common, resume: true, metrics: counted?.metrics })
  const started = Date.now()
  let pages: Server | undefined

  try {
    if (metrics != null && counted != null) {
      pages = await servePages(metrics, counted.registry, () => ({ connections: node.getConnections().length, uptime: Math.floor((Date.now() - started) / 1000) }))
    }

    if (moved) {
      out.error('A port of the last time is taken: who got a code before may not find you. Free it, or make new invitations.')
    }

    await reserve(node, relay, out, signal).catch((err: Error) => {
      signal.throwIfAborted()
      out.error(`${err.message}; trying goes on`)
    })

    const parties = await node.services.parties.list({ signal })
    const pending = parties.flatMap(party => party.invitations.getSnapshot().filter(({ status }) => status === 'pending'))

    out.event('online', { peerId: node.peerId, addresses: node.getMultiaddrs().map(String), parties: parties.map(partyFields), metrics: pages == null ? undefined : `http://127.0.0.1:${portOf(pages)}/metrics` })
    pending.forEach(invitation => { showInvitation(invitation, out, { resumed: true }) })
    out.line(`Online with ${count(parties.length, 'party', 'parties')} and ${count(pending.length, 'open invitation')}. Ctrl-C stops; the invitations stay.`)

    if (pages != null) {
      out.line(out.style('dim', `  http://127.0.0.1:${portOf(pages)}/metrics`))
    }

    await Promise.all([
      untilSignal(signal),
      answerInvitations(node.services.parties, context),
      ...pending.map(async invitation => watch(invitation, context))
    ])
  } finally {
    out.status('')
    pages?.closeAllConnections()
    pages?.close()
    await stop()
  }
}

/** What counts, and what tells of it: loaded where it is asked for. */
async function counting (): Promise<{ registry: Registry, metrics: ReturnType<typeof prometheusMetrics> }> {
  const [{ prometheusMetrics }, { Registry }] = await Promise.all([import('@libp2p/prometheus-metrics'), import('prom-client')])
  const registry = new Registry()

  return { registry, metrics: prometheusMetrics({ registry }) }
}

async function watch (invitation: Invitation, context: Context): Promise<void> {
  const { id, party } = invitation
  const { out, signal } = context

  try {
    await watchInvitation(invitation, context)
    out.event('done', { id })
  } catch (err) {
    if (!signal.aborted) {
      out.event('ended', { id, status: invitation.status })
      out.line(`The invitation into ${foreign(party.name)} ended: ${(err as Error).message}`)
    }
  }
}
