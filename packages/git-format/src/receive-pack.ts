import { UserError } from '@slipway/errors'
import { joinBytes, PacketReader, packetText, writeFlush, writePacket } from './pkt-line.ts'

/** One ref that a push wants to change; an id of zeros means that the ref does not exist before or after. */
export interface RefUpdate {
  ref: string
  oldId: string
  newId: string
}

/** What a push begins with (gitprotocol-pack, "Reference Update Request"). */
export interface ReceivePackRequest {
  updates: RefUpdate[]
  capabilities: string[]
}

const COMMAND = /^(?<oldId>[0-9a-f]{40}|[0-9a-f]{64}) (?<newId>[0-9a-f]{40}|[0-9a-f]{64}) (?<ref>.+)$/s

/** Whether an object id stands for "no object". */
export function isZeroId(id: string): boolean {
  return /^0+$/.test(id)
}

/** Reads the commands at the start of a push, piece by piece, and tells when the pack begins. */
export class ReceivePackRequestReader {
  readonly #packets = new PacketReader()
  readonly #limit: number
  readonly #request: ReceivePackRequest = { updates: [], capabilities: [] }
  #size = 0

  /** `limit`: bytes of commands that are accepted. */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** The request when the chunk completed it, else undefined. Throws UserError RECEIVE_PACK_INVALID or PKT_LINE_INVALID. */
  push(chunk: Uint8Array): ReceivePackRequest | undefined {
    this.#packets.push(chunk)
    for (let packet = this.#packets.next(); packet; packet = this.#packets.next()) {
      if (packet.kind === 'flush') return this.#request
      if (packet.kind !== 'data') throw invalid('unexpected packet between the commands')
      this.#size += packet.payload.length
      this.#read(packet.payload)
    }
    if (this.#size + this.#packets.rest().length > this.#limit) {
      throw invalid(`the commands are longer than ${this.#limit} bytes`)
    }
    return undefined
  }

  #read(payload: Uint8Array): void {
    const line = packetText(payload)
    if (line.startsWith('shallow ')) return
    const nul = line.indexOf('\0')
    const command = COMMAND.exec(nul < 0 ? line : line.slice(0, nul))?.groups
    if (!command) throw invalid('a command is not "old-id new-id ref"')
    if (nul >= 0 && this.#request.updates.length === 0) {
      this.#request.capabilities = line
        .slice(nul + 1)
        .split(' ')
        .filter(Boolean)
    }
    this.#request.updates.push({ ref: command.ref ?? '', oldId: command.oldId ?? '', newId: command.newId ?? '' })
  }
}

/** What became of a push. `unpack` is `ok` or why the pack was refused; `refs` holds undefined for success, else the reason. */
export interface ReportStatus {
  unpack: string
  refs: Map<string, string | undefined>
}

/** Reads the report-status out of receive-pack's answer, which may be wrapped in side bands (gitprotocol-pack, "Report Status"). */
export class ReportStatusReader {
  readonly #outer = new PacketReader()
  readonly #inner: PacketReader
  readonly #sideBand: boolean
  readonly #report: ReportStatus = { unpack: 'no report', refs: new Map() }

  constructor(capabilities: string[]) {
    this.#sideBand = capabilities.some((name) => name === 'side-band-64k' || name === 'side-band')
    this.#inner = this.#sideBand ? new PacketReader() : this.#outer
  }

  /** Throws UserError PKT_LINE_INVALID. */
  push(chunk: Uint8Array): void {
    this.#outer.push(chunk)
    if (this.#sideBand) {
      for (let packet = this.#outer.next(); packet; packet = this.#outer.next()) {
        // Band 1 is data, 2 progress, 3 a fatal error.
        if (packet.kind === 'data' && packet.payload[0] === 1) this.#inner.push(packet.payload.subarray(1))
      }
    }
    for (let packet = this.#inner.next(); packet; packet = this.#inner.next()) {
      if (packet.kind === 'data') this.#read(packetText(packet.payload))
    }
  }

  report(): ReportStatus {
    return this.#report
  }

  #read(line: string): void {
    const [word = '', name = '', ...rest] = line.split(' ')
    if (word === 'unpack') this.#report.unpack = [name, ...rest].join(' ')
    else if (word === 'ok') this.#report.refs.set(name, undefined)
    else if (word === 'ng') this.#report.refs.set(name, rest.join(' '))
    // `option …` lines of report-status-v2 say what a proc-receive hook did; we run no hooks.
  }
}

/** The answer to a push that was refused as a whole; `reasons` by ref. Empty when the client asked for no report. */
export function writeRefusal(reasons: Map<string, string>, capabilities: string[]): Uint8Array {
  if (!capabilities.some((name) => name === 'report-status' || name === 'report-status-v2')) return new Uint8Array(0)
  const report = joinBytes([
    writePacket('unpack ok\n'),
    ...[...reasons].map(([ref, reason]) => writePacket(`ng ${ref} ${reason}\n`)),
    writeFlush(),
  ])
  if (capabilities.includes('side-band-64k')) return inBand(report, 65_515)
  if (capabilities.includes('side-band')) return inBand(report, 995)
  return report
}

function inBand(bytes: Uint8Array, size: number): Uint8Array {
  const parts: Uint8Array[] = []
  for (let start = 0; start < bytes.length; start += size) {
    parts.push(writePacket(joinBytes([new Uint8Array([1]), bytes.subarray(start, start + size)])))
  }
  return joinBytes([...parts, writeFlush()])
}

function invalid(message: string): UserError {
  return new UserError('RECEIVE_PACK_INVALID', message)
}
