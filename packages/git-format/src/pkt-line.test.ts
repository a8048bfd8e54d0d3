import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { joinBytes, type Packet, PacketReader, packetText, writeFlush, writePacket } from './pkt-line.ts'

function readAll(chunks: Uint8Array[]): Packet[] {
  const reader = new PacketReader()
  const packets: Packet[] = []
  for (const chunk of chunks) {
    reader.push(chunk)
    for (let packet = reader.next(); packet; packet = reader.next()) packets.push(packet)
  }
  return packets
}

describe('pkt-line', () => {
  it('writes the length with its own four digits, as the examples of gitprotocol-common', () => {
    expect(packetText(writePacket('a\n'))).toBe('0006a')
    expect(packetText(writePacket('a'))).toBe('0005a')
    expect(packetText(writePacket('foobar\n'))).toBe('000bfoobar')
    expect(packetText(writePacket(''))).toBe('0004')
  })

  it('reads what it wrote, however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), fc.array(fc.nat(7)), (payloads, cuts) => {
        const bytes = joinBytes([...payloads.map(writePacket), writeFlush()])
        const chunks: Uint8Array[] = []
        let start = 0
        for (const cut of cuts) {
          chunks.push(bytes.slice(start, start + cut))
          start += cut
        }
        chunks.push(bytes.slice(start))

        const packets = readAll(chunks)

        expect(packets.at(-1)).toEqual({ kind: 'flush' })
        expect(packets.slice(0, -1).map((packet) => packet.kind === 'data' && [...packet.payload])).toEqual(
          payloads.map((payload) => [...payload]),
        )
      }),
    )
  })

  it('never fails with anything but PKT_LINE_INVALID', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          readAll([bytes])
        } catch (error) {
          expect(error).toMatchObject({ code: 'PKT_LINE_INVALID' })
        }
      }),
    )
  })

  it('refuses lengths that git does not use', () => {
    expect(() => readAll([new TextEncoder().encode('0003')])).toThrow('not in use')
    expect(() => readAll([new TextEncoder().encode('ffff')])).toThrow('longer than 65520')
    expect(() => readAll([new TextEncoder().encode('zzzz')])).toThrow('hexadecimal')
  })
})
