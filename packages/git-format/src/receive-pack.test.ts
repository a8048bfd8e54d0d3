import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { joinBytes, packetText, writeFlush, writePacket } from './pkt-line.ts'
import { isZeroId, ReceivePackRequestReader, ReportStatusReader, writeRefusal } from './receive-pack.ts'

const A = 'a'.repeat(40)
const B = 'b'.repeat(40)
const ZERO = '0'.repeat(40)

describe('ReceivePackRequestReader', () => {
  it('reads commands and capabilities and stops before the pack', () => {
    const reader = new ReceivePackRequestReader(1000)

    const request = reader.push(
      joinBytes([
        writePacket(`${ZERO} ${A} refs/heads/master\0 report-status-v2 side-band-64k agent=git/2.39.5`),
        writePacket(`shallow ${B}`),
        writePacket(`${A} ${ZERO} refs/heads/old\n`),
        writeFlush(),
        new TextEncoder().encode('PACK and more'),
      ]),
    )

    expect(request).toEqual({
      updates: [
        { ref: 'refs/heads/master', oldId: ZERO, newId: A },
        { ref: 'refs/heads/old', oldId: A, newId: ZERO },
      ],
      capabilities: ['report-status-v2', 'side-band-64k', 'agent=git/2.39.5'],
    })
    expect(request?.updates.map(({ oldId }) => isZeroId(oldId))).toEqual([true, false])
  })

  it('reads an empty push', () => {
    expect(new ReceivePackRequestReader(10).push(writeFlush())).toEqual({ updates: [], capabilities: [] })
  })

  it('refuses what is no command, and too many of them', () => {
    expect(() => new ReceivePackRequestReader(1000).push(writePacket('push-cert\0x'))).toThrow('old-id new-id ref')
    expect(() => new ReceivePackRequestReader(100).push(writePacket(`${A} ${B} refs/heads/${'x'.repeat(99)}`))).toThrow(
      'longer than 100 bytes',
    )
  })
})

describe('ReportStatusReader', () => {
  const capabilityLists = [['report-status'], ['report-status', 'side-band'], ['report-status-v2', 'side-band-64k']]

  it('reads back a refusal in every band', () => {
    const reasons = fc.dictionary(
      fc.stringMatching(/^refs\/heads\/[a-z]{1,8}$/),
      fc.stringMatching(/^[a-z ]{1,20}[a-z]$/),
    )
    fc.assert(
      fc.property(
        reasons,
        fc.constantFrom(...capabilityLists),
        fc.integer({ min: 1, max: 50 }),
        (byRef, names, size) => {
          const bytes = writeRefusal(new Map(Object.entries(byRef)), names)
          const reader = new ReportStatusReader(names)

          for (let start = 0; start < bytes.length; start += size) reader.push(bytes.subarray(start, start + size))

          expect(reader.report().unpack).toBe('ok')
          expect(Object.fromEntries(reader.report().refs)).toEqual(byRef)
        },
      ),
    )
  })

  it('tells refs that were updated from those that were not', () => {
    const reader = new ReportStatusReader(['report-status'])

    reader.push(
      joinBytes([
        writePacket('unpack ok\n'),
        writePacket('ok refs/heads/a\n'),
        writePacket('option refname refs/heads/a\n'),
        writePacket('ng refs/heads/b non-fast-forward\n'),
        writeFlush(),
      ]),
    )

    expect([...reader.report().refs]).toEqual([
      ['refs/heads/a', undefined],
      ['refs/heads/b', 'non-fast-forward'],
    ])
  })

  it('sends no report to a client that asked for none', () => {
    expect(packetText(writeRefusal(new Map([['refs/heads/a', 'no']]), []))).toBe('')
  })
})
