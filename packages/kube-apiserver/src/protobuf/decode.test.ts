import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeProtobuf } from './decode.ts'

type Part = [number: number, value: number | string | Buffer | Part[]]

/** Writes a message by field numbers, as the Go encoder does. */
function message(parts: Part[]): Buffer {
  return Buffer.concat(
    parts.map(([number, value]) => {
      if (typeof value === 'number') return Buffer.concat([varint(number * 8), varint(value)])
      const bytes = Array.isArray(value) ? message(value) : Buffer.from(value)
      return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes])
    }),
  )
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    bytes.push(rest >= 128 ? (rest % 128) + 128 : rest)
    if (rest < 128) return Buffer.from(bytes)
  }
}

const envelope = (apiVersion: string, kind: string, parts: Part[]) =>
  Buffer.concat([
    Buffer.from('k8s\0'),
    message([
      [
        1,
        [
          [1, apiVersion],
          [2, kind],
        ],
      ],
      [2, message(parts)],
    ]),
  ])

describe('protobuf', () => {
  it('reads a Deployment: pointers keep their zero, other zeros are left out, embedded structs belong to their parent', async () => {
    const container: Part[] = [
      [1, 'c'],
      [2, 'x'],
      [5, ''],
      [
        6,
        [
          [2, 0],
          [3, 80],
          [4, 'TCP'],
        ],
      ],
      [
        8,
        [
          [
            1,
            [
              [1, 'cpu'],
              [2, [[1, '100m']]],
            ],
          ],
        ],
      ],
    ]
    const volume: Part[] = [
      [1, 'v'],
      [2, [[6, [[1, 'secret-name']]]]],
    ]
    const body = envelope('apps/v1', 'Deployment', [
      [
        1,
        [
          [1, 'web'],
          [7, 0],
          [8, ''],
          [
            11,
            [
              [1, 'app'],
              [2, 'web'],
            ],
          ],
        ],
      ],
      [
        2,
        [
          [1, 0],
          [
            2,
            [
              [
                1,
                [
                  [1, 'app'],
                  [2, 'web'],
                ],
              ],
            ],
          ],
          [
            3,
            [
              [
                2,
                [
                  [1, volume],
                  [2, container],
                ],
              ],
            ],
          ],
          [5, 0],
        ],
      ],
    ])

    expect(await decodeProtobuf(body)).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', labels: { app: 'web' } },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: 'web' } },
        template: {
          spec: {
            volumes: [{ name: 'v', secret: { secretName: 'secret-name' } }],
            containers: [
              {
                name: 'c',
                image: 'x',
                ports: [{ containerPort: 80, protocol: 'TCP' }],
                resources: { limits: { cpu: '100m' } },
              },
            ],
          },
        },
      },
    })
  })

  it('reads times, bytes, numbers or strings, and the options of requests', async () => {
    const time = Math.floor(Date.parse('2026-01-02T03:04:05Z') / 1000)
    const secret = await decodeProtobuf(
      envelope('v1', 'Secret', [
        [
          1,
          [
            [1, 's'],
            [8, [[1, time]]],
          ],
        ],
        [
          2,
          [
            [1, 'k'],
            [2, Buffer.from([0, 255])],
          ],
        ],
      ]),
    )
    const service = await decodeProtobuf(
      envelope('v1', 'Service', [
        [
          2,
          [
            [
              1,
              [
                [3, 80],
                [
                  4,
                  [
                    [1, 1],
                    [2, 0],
                    [3, 'http'],
                  ],
                ],
              ],
            ],
          ],
        ],
      ]),
    )
    const lease = await decodeProtobuf(envelope('coordination.k8s.io/v1', 'Lease', [[2, [[4, [[1, time]]]]]]))
    const options = await decodeProtobuf(
      envelope('apps/v1', 'DeleteOptions', [
        [1, 0],
        [4, 'Foreground'],
      ]),
    )

    expect(secret).toMatchObject({
      metadata: { creationTimestamp: '2026-01-02T03:04:05.000000Z' },
      data: { k: 'AP8=' },
    })
    expect(lease).toMatchObject({ spec: { renewTime: '2026-01-02T03:04:05.000000Z' } })
    expect(service).toMatchObject({ spec: { ports: [{ port: 80, targetPort: 'http' }] } })
    expect(options).toMatchObject({ gracePeriodSeconds: 0, propagationPolicy: 'Foreground' })
  })

  it('answers any other bytes with a Status, never with a crash', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const body = envelope('v1', 'Pod', [
          [1, Buffer.from(bytes)],
          [2, Buffer.from(bytes)],
        ])
        await decodeProtobuf(body).catch((error) => expect(error.status.code).toBe(400))
        await expect(decodeProtobuf(bytes)).rejects.toMatchObject({ status: { code: 400 } })
      }),
    )
  })
})
