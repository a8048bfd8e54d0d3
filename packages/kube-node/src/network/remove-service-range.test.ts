import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, it } from 'vitest'
import { ClusterRoute } from './cluster-network.ts'
import { removeServiceRange } from './remove-service-range.ts'

const SUBNET = `10.127.${(process.pid % 64) * 4}`
const CIDR = `${SUBNET}.0/22`
const routes = (): string => execFileSync('ip', ['route', 'show', 'table', 'local'], { encoding: 'utf8' })
const why = await new ClusterRoute(CIDR).open()

it.skipIf(why !== undefined)('stays while somebody serves there, and goes afterwards', async () => {
  const dns = createServer().listen(0, `${SUBNET}.10`)
  await once(dns, 'listening')

  await removeServiceRange(CIDR)
  expect(routes()).toContain(CIDR)

  dns.close()
  await once(dns, 'close')
  await removeServiceRange(CIDR)
  expect(routes()).not.toContain(CIDR)
})
