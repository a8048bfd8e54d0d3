import {
  type Answer,
  AUTHORITATIVE_ANSWER,
  decode,
  encode,
  type Packet,
  type Question,
  RECURSION_AVAILABLE,
  RECURSION_DESIRED,
  TRUNCATED_RESPONSE,
} from 'dns-packet'
import { lookUp, ZONE, type ZoneRecord, type ZoneView } from './zone.ts'

/** Seconds that an answer may be kept, as CoreDNS has it for the cluster: pods come and go. */
const TTL = 5
/** Of a message over UDP without EDNS (RFC 1035). */
const PLAIN_SIZE = 512
const NOERROR = 0
const SERVFAIL = 2
const NXDOMAIN = 3

export interface Resolver {
  view: ZoneView
  /** Asks outside of the cluster; undefined when nobody answers. */
  outside(query: Buffer): Promise<Buffer | undefined>
}

/** The answer to a message; undefined for what is no question. `limit` bytes are taken at most, unless the caller says more. */
export async function answerTo(message: Buffer, resolver: Resolver, limit = PLAIN_SIZE): Promise<Buffer | undefined> {
  const query = read(message, 'query')
  const [question] = query?.questions ?? []
  if (!query || !question) return undefined
  const known = lookUp(question.name, resolver.view)
  if (known === undefined) return (await resolver.outside(message)) ?? response(query, { code: SERVFAIL, own: false })
  if (known === 'nxdomain') return response(query, { code: NXDOMAIN })
  const fitting = known.records.filter(({ type }) => type === question.type)
  const [alias] = known.records.filter(({ type }) => type === 'CNAME')
  const answers =
    fitting.length === 0 && alias ? await followed(alias, question, resolver) : withTargets(fitting, resolver.view)
  return fitInto(query, answers, Math.max(limit, advertisedSize(query)))
}

/** Undefined for what is none: whoever sends something else is not heard. */
function read(message: Buffer, type: 'query' | 'response'): Packet | undefined {
  try {
    const packet = decode(message)
    return packet.type === type ? packet : undefined
  } catch {
    return undefined
  }
}

/** An ExternalName's own record, and what that name has: small resolvers do not ask a second time. */
async function followed(alias: ZoneRecord, { type }: Question, { outside, view }: Resolver): Promise<Answer[]> {
  const target = String(alias.data)
  const first = answerOf(alias)
  const known = lookUp(target, view)
  if (known !== undefined) {
    return known === 'nxdomain'
      ? [first]
      : [first, ...known.records.filter((record) => record.type === type).map(answerOf)]
  }
  const question: Packet = {
    type: 'query',
    id: ID,
    flags: RECURSION_DESIRED,
    questions: [{ type: type ?? 'A', name: target }],
  }
  const answer = await outside(encode(question))
  return [first, ...((answer && read(answer, 'response'))?.answers ?? [])]
}

/** Of questions that are our own. */
const ID = 0x5150

/** The addresses of the targets of SRV records come along. */
function withTargets(records: ZoneRecord[], view: ZoneView): Answer[] {
  const targets = new Set(records.flatMap((record) => (record.type === 'SRV' ? [record.data.target] : [])))
  const found = [...targets].flatMap((target) => {
    const known = lookUp(target, view)
    return known && known !== 'nxdomain' ? known.records.filter(({ type }) => type === 'A') : []
  })
  return [...records, ...found].map(answerOf)
}

const answerOf = (record: ZoneRecord): Answer => ({ ...record, ttl: TTL, class: 'IN' }) as Answer

/** What does not fit is left out, and said to be: the caller asks again over TCP. */
function fitInto(query: Packet, answers: Answer[], limit: number): Buffer {
  const whole = response(query, { code: NOERROR, answers })
  return whole.length <= limit ? whole : response(query, { code: NOERROR, truncated: true })
}

function advertisedSize({ additionals = [] }: Packet): number {
  const edns = additionals.find(({ type }) => type === 'OPT') as { udpPayloadSize?: number } | undefined
  return edns?.udpPayloadSize ?? PLAIN_SIZE
}

function response(
  { id = 0, flags = 0, questions = [] }: Packet,
  {
    code,
    answers = [],
    own = true,
    truncated = false,
  }: { code: number; answers?: Answer[]; own?: boolean; truncated?: boolean },
): Buffer {
  return encode({
    type: 'response',
    id,
    flags:
      (flags & RECURSION_DESIRED) |
      RECURSION_AVAILABLE |
      (own ? AUTHORITATIVE_ANSWER : 0) |
      (truncated ? TRUNCATED_RESPONSE : 0) |
      code,
    questions,
    answers,
    // How long a resolver may remember that there is nothing (RFC 2308).
    ...(own && answers.length === 0 && !truncated && { authorities: [AUTHORITY] }),
  })
}

const AUTHORITY: Answer = {
  type: 'SOA',
  name: ZONE,
  ttl: TTL,
  data: {
    mname: `ns.dns.${ZONE}`,
    rname: `hostmaster.${ZONE}`,
    ...{ serial: 1, refresh: 7200, retry: 1800, expire: 86_400, minimum: TTL },
  },
}
