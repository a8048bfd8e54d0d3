import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { decode, encode, type Packet, type RecordType } from 'dns-packet'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EndpointSlice, Service } from '../../model/service.ts'
import { answerTo } from './answer.ts'
import { DnsServer } from './dns-server.ts'
import { framed } from './upstream.ts'
import { lookUp, type ZoneView } from './zone.ts'

const service = (name: string, spec: Service['spec']): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'shop' },
  spec,
})
const services = new Map(
  [
    service('web', {
      clusterIP: '10.0.0.7',
      ports: [
        { name: 'http', port: 80 },
        { name: 'dns', port: 53, protocol: 'UDP' },
      ],
    }),
    service('db', { clusterIP: 'None', ports: [{ name: 'sql', port: 5432 }] }),
    service('many', { clusterIP: 'None', ports: [{ port: 80 }] }),
    service('alias', { type: 'ExternalName', externalName: 'example.com' }),
    service('inner', { type: 'ExternalName', externalName: 'web.shop.svc.cluster.local' }),
  ].map((one): [string, Service] => [one.metadata.name, one]),
)
const slice = (endpoints: EndpointSlice['endpoints']): EndpointSlice => ({
  ...{
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 's' },
    addressType: 'IPv4' as const,
  },
  ...(endpoints !== undefined && { endpoints }),
  ports: [{ name: 'sql', port: 5432, protocol: 'TCP' }],
})
const slices: Record<string, EndpointSlice[]> = {
  db: [
    // Of a Service without pods, as the server keeps it.
    slice(null),
    slice([
      { addresses: ['10.88.0.5'], hostname: 'db-0' },
      { addresses: ['10.88.0.6'] },
      { addresses: ['10.88.0.7'], conditions: { ready: false } },
    ]),
  ],
  many: [slice(Array.from({ length: 60 }, (_, index) => ({ addresses: [`10.88.1.${index}`] })))],
}
const view: ZoneView = {
  service: (namespace, name) => (namespace === 'shop' ? services.get(name) : undefined),
  slices: (_namespace, name) => slices[name] ?? [],
  hasNamespace: (name) => name === 'shop',
  hostsAt: (address) => (address === '10.88.0.5' ? [{ hostname: 'db-0', service: 'db', namespace: 'shop' }] : []),
  serviceAt: (address) => [...services.values()].find(({ spec }) => spec.clusterIP === address),
}

/** The records of a type, as `data`; the word for names that are not there. */
function records(name: string, type: string): unknown {
  const answer = lookUp(name, view)
  if (answer === undefined || answer === 'nxdomain') return answer
  return answer.records.filter((record) => record.type === type).map(({ data }) => data)
}

const ZONE = 'svc.cluster.local'

describe('the zone', () => {
  it.each([
    ['a Service', `web.shop.${ZONE}`, 'A', ['10.0.0.7']],
    ['in any letters', `Web.SHOP.${ZONE}.`, 'A', ['10.0.0.7']],
    ['of another type', `web.shop.${ZONE}`, 'AAAA', []],
    ['the ready pods of a headless one', `db.shop.${ZONE}`, 'A', ['10.88.0.5', '10.88.0.6']],
    ['one of them by its name', `db-0.db.shop.${ZONE}`, 'A', ['10.88.0.5']],
    ['one of them by its address', `10-88-0-6.db.shop.${ZONE}`, 'A', ['10.88.0.6']],
    ['a name from outside', `alias.shop.${ZONE}`, 'CNAME', ['example.com']],
    [
      'a port',
      `_http._tcp.web.shop.${ZONE}`,
      'SRV',
      [{ port: 80, target: `web.shop.${ZONE}`, weight: 100, priority: 0 }],
    ],
    [
      'the ports of pods',
      `_sql._tcp.db.shop.${ZONE}`,
      'SRV',
      [
        { port: 5432, target: `db-0.db.shop.${ZONE}`, weight: 50, priority: 0 },
        { port: 5432, target: `10-88-0-6.db.shop.${ZONE}`, weight: 50, priority: 0 },
      ],
    ],
    ['a pod by its address', '10-88-0-5.shop.pod.cluster.local', 'A', ['10.88.0.5']],
    ['the version of the specification', 'dns-version.cluster.local', 'TXT', ['1.1.0']],
    ['whose an address is', '7.0.0.10.in-addr.arpa', 'PTR', [`web.shop.${ZONE}`]],
    ['which pod of a name an address is', '5.0.88.10.in-addr.arpa', 'PTR', [`db-0.db.shop.${ZONE}`]],
    ['a namespace, which has no records', `shop.${ZONE}`, 'A', []],
    ['no Service', `none.shop.${ZONE}`, 'A', 'nxdomain'],
    ['no namespace', `web.none.${ZONE}`, 'A', 'nxdomain'],
    ['no port', `_none._tcp.web.shop.${ZONE}`, 'SRV', 'nxdomain'],
    ['nothing behind an alias', `x.alias.shop.${ZONE}`, 'A', 'nxdomain'],
    ['no pod', 'x.shop.pod.cluster.local', 'A', 'nxdomain'],
    ['nothing of elsewhere', 'example.com', 'A', undefined],
    ["nobody else's address", '8.8.8.8.in-addr.arpa', 'PTR', undefined],
  ])('knows %s', (_name, name, type, expected) => {
    expect(records(name, type)).toEqual(expected)
  })
})

const question = (name: string, type: RecordType = 'A', more: Partial<Packet> = {}): Buffer =>
  encode({ type: 'query', id: 7, flags: 256, questions: [{ type, name }], ...more })

describe('answers', () => {
  const outside = async (query: Buffer): Promise<Buffer | undefined> => {
    const { id = 0, questions = [] } = decode(query)
    if (questions[0]?.name !== 'example.com') return undefined
    return encode({ type: 'response', id, questions, answers: [{ type: 'A', name: 'example.com', data: '192.0.2.1' }] })
  }
  const ask = async (message: Buffer, limit?: number): Promise<Packet & { rcode?: string; flag_tc?: boolean }> =>
    decode((await answerTo(message, { view, outside }, limit)) ?? Buffer.alloc(0))
  const data = ({ answers = [] }: Packet): unknown[] =>
    answers.map((answer) => ('data' in answer ? answer.data : undefined))

  it('say what is not there, and for how long to believe it', async () => {
    expect(await ask(question(`none.shop.${ZONE}`))).toMatchObject({
      id: 7,
      rcode: 'NXDOMAIN',
      authorities: [{ type: 'SOA' }],
    })
  })

  it('come from outside for all other names', async () => {
    expect(data(await ask(question('example.com')))).toEqual(['192.0.2.1'])
    expect(await ask(question('example.org'))).toMatchObject({ rcode: 'SERVFAIL' })
  })

  it('follow an alias, outside and inside', async () => {
    expect(data(await ask(question(`alias.shop.${ZONE}`)))).toEqual(['example.com', '192.0.2.1'])
    expect(data(await ask(question(`inner.shop.${ZONE}`)))).toEqual([`web.shop.${ZONE}`, '10.0.0.7'])
  })

  it('tell of an alias alone where what comes from outside is no answer', async () => {
    const nonsense = async () => Buffer.from([1, 2, 3])
    const answer = await answerTo(question(`alias.shop.${ZONE}`), { view, outside: nonsense })

    expect(data(decode(answer ?? Buffer.alloc(0)))).toEqual(['example.com'])
  })

  it('bring the addresses of servers along', async () => {
    expect(data(await ask(question(`_http._tcp.web.shop.${ZONE}`, 'SRV')))).toContainEqual('10.0.0.7')
  })

  it('say that they are too long, unless the caller takes more', async () => {
    const edns = {
      additionals: [
        {
          type: 'OPT' as const,
          name: '.',
          udpPayloadSize: 4096,
          flags: 0,
          options: [],
          extendedRcode: 0,
          ednsVersion: 0,
          flag_do: false,
        },
      ],
    }

    expect(await ask(question(`many.shop.${ZONE}`))).toMatchObject({ flag_tc: true, answers: [] })
    expect(data(await ask(question(`many.shop.${ZONE}`, 'A', edns)))).toHaveLength(60)
    expect(data(await ask(question(`many.shop.${ZONE}`), 65_535))).toHaveLength(60)
  })

  it('are none to what is no question', async () => {
    expect(await answerTo(Buffer.from('nonsense'), { view, outside })).toBeUndefined()
  })
})

describe('DnsServer', () => {
  const server = new DnsServer(view)
  let port: number
  beforeAll(async () => {
    port = await server.listen('127.0.0.1', 0)
  })
  afterAll(() => server.close())

  it('answers over UDP', async () => {
    const socket = createSocket('udp4')
    const answer = new Promise<Buffer>((resolve) => socket.once('message', resolve))
    socket.send(question(`web.shop.${ZONE}`), port, '127.0.0.1')

    expect(decode(await answer).answers).toMatchObject([{ data: '10.0.0.7' }])
    socket.close()
  })

  it('keeps an answer to itself that comes when it is closed', async () => {
    const asked = createSocket('udp4')
    let closing: DnsServer | undefined
    const late = new Promise<void>((resolve) => {
      closing = new DnsServer(view, async () => {
        closing?.close()
        setImmediate(resolve)
        return question('example.com')
      })
    })
    asked.send(question('example.com'), (await closing?.listen('127.0.0.1', 0)) ?? 0, '127.0.0.1')

    await expect(late).resolves.toBeUndefined()
    asked.close()
  })

  it('answers over TCP, also questions that come together or in pieces', async () => {
    const socket = connect(port, '127.0.0.1')
    const both = Buffer.concat([framed(question(`web.shop.${ZONE}`)), framed(question(`db-0.db.shop.${ZONE}`))])
    socket.write(both.subarray(0, 11))
    socket.write(both.subarray(11))
    const found: unknown[] = []
    let received = Buffer.alloc(0)
    for await (const chunk of socket) {
      received = Buffer.concat([received, chunk as Buffer])
      while (received.length > 2 && received.length >= 2 + received.readUInt16BE(0)) {
        found.push(decode(received.subarray(2)).answers?.map((answer) => ('data' in answer ? answer.data : undefined)))
        received = received.subarray(2 + received.readUInt16BE(0))
      }
      if (found.length === 2) break
    }

    expect(found).toEqual([['10.0.0.7'], ['10.88.0.5']])
  })
})
