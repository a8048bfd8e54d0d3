import { expect, it } from 'vitest'
import { readFields } from '../protobuf/wire.ts'
import { openApiV2Protobuf } from './openapi-protobuf.ts'

type Message = (content: Uint8Array) => unknown

/** The fields of a message by number, each read as said; numbers without a reader are texts or plain numbers. */
const read =
  (readers: Record<number, Message> = {}): Message =>
  (content) =>
    [...readFields(content)].map(({ number, value }) => [
      number,
      typeof value === 'bigint' ? Number(value) : (readers[number]?.(value) ?? Buffer.from(value).toString()),
    ])

it('a document of OpenAPI 2 in the messages of gnostic', () => {
  const document = {
    swagger: '2.0',
    paths: {
      '/apis/a.example/v1/things': {
        post: {
          consumes: ['application/json', 'application/yaml'],
          parameters: [
            { name: 'body', in: 'body', required: true, schema: { $ref: '#/definitions/Thing' } },
            { name: 'dryRun', in: 'query', type: 'string', uniqueItems: true },
            { $ref: '#/parameters/pretty' },
          ],
          responses: { 401: { description: 'Unauthorized' } },
          'x-kubernetes-action': 'post',
        },
      },
    },
    definitions: {
      Thing: {
        type: 'object',
        required: ['size'],
        properties: { size: { type: 'integer', default: 3, minimum: 1, maxLength: 300 } },
        'x-kubernetes-group-version-kind': [{ kind: 'Thing' }],
      },
    },
  }

  const any = read()
  const schema: Message = (content) =>
    read({ 5: any, 9: (bytes) => Buffer.from(bytes).readDoubleLE(), 22: any, 25: properties, 31: extension })(content)
  const properties = read({ 1: read({ 2: schema }) })
  const extension = read({ 2: any })
  const parameter = read({ 1: read({ 1: read({ 5: any }), 2: read({ 3: any }) }), 2: any })
  const responses = read({ 1: read({ 2: read({ 1: any }) }) })
  const operation = read({ 8: parameter, 9: responses, 13: extension })
  const contents = read({ 8: read({ 2: read({ 2: read({ 4: operation }) }) }), 9: properties })(
    openApiV2Protobuf(document),
  )

  expect(contents).toEqual([
    [1, '2.0'],
    [
      8,
      [
        [
          2,
          [
            [1, '/apis/a.example/v1/things'],
            [
              2,
              [
                [
                  4,
                  [
                    [7, 'application/json'],
                    [7, 'application/yaml'],
                    [
                      8,
                      [
                        [
                          1,
                          [
                            [
                              1,
                              [
                                [2, 'body'],
                                [3, 'body'],
                                [4, 1],
                                [5, [[1, '#/definitions/Thing']]],
                              ],
                            ],
                          ],
                        ],
                      ],
                    ],
                    [
                      8,
                      [
                        [
                          1,
                          [
                            [
                              2,
                              [
                                [
                                  3,
                                  [
                                    [4, 'dryRun'],
                                    [2, 'query'],
                                    [6, 'string'],
                                    [20, 1],
                                  ],
                                ],
                              ],
                            ],
                          ],
                        ],
                      ],
                    ],
                    [8, [[2, [[1, '#/parameters/pretty']]]]],
                    [
                      9,
                      [
                        [
                          1,
                          [
                            [1, '401'],
                            [2, [[1, [[1, 'Unauthorized']]]]],
                          ],
                        ],
                      ],
                    ],
                    [
                      13,
                      [
                        [1, 'x-kubernetes-action'],
                        [2, [[2, '"post"\n']]],
                      ],
                    ],
                  ],
                ],
              ],
            ],
          ],
        ],
      ],
    ],
    [
      9,
      [
        [
          1,
          [
            [1, 'Thing'],
            [
              2,
              [
                [22, [[1, 'object']]],
                [19, 'size'],
                [
                  25,
                  [
                    [
                      1,
                      [
                        [1, 'size'],
                        [
                          2,
                          [
                            [22, [[1, 'integer']]],
                            [5, [[2, '3\n']]],
                            [9, 1],
                            [11, 300],
                          ],
                        ],
                      ],
                    ],
                  ],
                ],
                [
                  31,
                  [
                    [1, 'x-kubernetes-group-version-kind'],
                    [2, [[2, '[{"kind":"Thing"}]\n']]],
                  ],
                ],
              ],
            ],
          ],
        ],
      ],
    ],
  ])
})
