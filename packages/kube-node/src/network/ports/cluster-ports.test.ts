import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { ClusterPorts } from './cluster-ports.ts'
import { holderOf, wildcardInodes } from './port-holder.ts'
import { removal, ruleset } from './ruleset.ts'

describe('the ruleset of a service range', () => {
  const web = { host: '10.64.0.7', protocol: 'TCP' as const, port: 80, to: 61080 }
  const dns = { host: '10.64.0.10', protocol: 'UDP' as const, port: 53, to: 61053 }

  it('takes the place of what is there, leads ports to others, and refuses the rest beside the node', () => {
    expect(ruleset('10.64.0.0/22', '10.64.3.254', [web, dns])).toBe(`table ip slipway-10.64.0.0/22
delete table ip slipway-10.64.0.0/22
table ip slipway-10.64.0.0/22 {
  map streams {
    type ipv4_addr . inet_service : inet_service
    elements = { 10.64.0.7 . 80 : 61080 }
  }
  map datagrams {
    type ipv4_addr . inet_service : inet_service
    elements = { 10.64.0.10 . 53 : 61053 }
  }
  map answers {
    type ipv4_addr . inet_service : inet_service
    elements = { 10.64.0.10 . 61053 : 53 }
  }
  chain streams {
    ip daddr != 10.64.0.0/22 return
    meta l4proto tcp dnat to : ip daddr . tcp dport map @streams
    meta l4proto tcp ip daddr != 10.64.3.254 reject
  }
  chain streams-of-pods {
    type nat hook prerouting priority -110
    goto streams
  }
  chain streams-of-this-machine {
    type nat hook output priority -110
    goto streams
  }
  chain datagrams {
    ip daddr != 10.64.0.0/22 return
    udp dport set ip daddr . udp dport map @datagrams notrack accept
    meta l4proto udp ip daddr != 10.64.3.254 reject
  }
  chain datagrams-of-pods {
    type filter hook prerouting priority -300
    iif != lo goto datagrams
  }
  chain datagrams-of-this-machine {
    type filter hook output priority -300
    udp sport set ip saddr . udp sport map @answers notrack accept
    goto datagrams
  }
}
`)
  })

  it('names no elements where there are none, which nft would not take', () => {
    expect(ruleset('10.64.0.0/22', '10.64.3.254', [])).not.toContain('elements')
  })

  it('is taken away whether it is there or not', () => {
    expect(removal('10.64.0.0/22')).toBe('table ip slipway-10.64.0.0/22\ndelete table ip slipway-10.64.0.0/22')
  })
})

describe('a port where nothing can be redirected', () => {
  const ends: (() => unknown)[] = []
  afterEach(() => {
    for (const end of ends.splice(0)) end()
  })

  const listen = async ({ host, port }: { host: string; port: number }): Promise<{ port: number } | undefined> => {
    const server = createServer()
    ends.push(() => server.close())
    try {
      await once(server.listen(port, host), 'listening')
      return { port: (server.address() as AddressInfo).port }
    } catch {
      return undefined
    }
  }

  it('is taken itself', async () => {
    const { port = 0 } = (await listen({ host: '127.0.0.1', port: 0 })) ?? {}
    const ports = new ClusterPorts('127.0.0.0/8', '127.0.0.2', () => {})

    expect(await ports.listen({ host: '127.0.0.9', port }, ['TCP'], listen)).toEqual({ port })
  })

  it('is refused with the name of who listens there at all addresses', async () => {
    const { port = 0 } = (await listen({ host: '0.0.0.0', port: 0 })) ?? {}
    const ports = new ClusterPorts('127.0.0.0/8', '127.0.0.2', () => {})

    await expect(ports.listen({ host: '127.0.0.9', port }, ['TCP'], listen)).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringMatching(`^TCP 127.0.0.9:${port} is taken by .+ \\(process ${process.pid}\\)$`),
    })
  })

  it('is nobody’s where nobody listens', async () => {
    expect(await holderOf('UDP', 1)).toBeUndefined()
  })
})

describe('a table of sockets in /proc/net', () => {
  const line = (local: string, remote: string, inode: number): string =>
    `   0: ${local} ${remote} 0A 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0000 100 0 0 10 0`

  it.each([
    ['all IPv4 addresses', '00000000:0050', '00000000:0000', ['7']],
    ['all IPv6 addresses', `${'0'.repeat(32)}:0050`, `${'0'.repeat(32)}:0000`, ['7']],
    ['one address', '0100007F:0050', '00000000:0000', []],
    ['another port', '00000000:0051', '00000000:0000', []],
    ['a connection', '00000000:0050', '0100007F:1234', []],
  ])('of %s', (_name, local, remote, expected) => {
    expect(wildcardInodes(`  sl  local_address rem_address\n${line(local, remote, 7)}\n`, 80)).toEqual(expected)
  })
})
