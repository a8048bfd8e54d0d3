import { expect, it } from 'vitest'
import { mergeTolerations } from './merge-tolerations.ts'

const exists = (key: string, more: object = {}) => ({ key, operator: 'Exists', ...more })

it.each([
  ['others', [exists('a')], [exists('b')], [exists('a'), exists('b')]],
  ['the same once', [exists('a')], [exists('a')], [exists('a')]],
  [
    'nothing that a wider one includes',
    [exists('a', { effect: 'NoSchedule' })],
    [{ operator: 'Exists' }],
    [{ operator: 'Exists' }],
  ],
  [
    'the one that holds longer',
    [exists('a', { effect: 'NoExecute', tolerationSeconds: 5 })],
    [exists('a', { effect: 'NoExecute' })],
    [exists('a', { effect: 'NoExecute' })],
  ],
  [
    'other values of a key',
    [{ key: 'a', operator: 'Equal', value: '1' }],
    [{ key: 'a', operator: 'Equal', value: '2' }],
    [
      { key: 'a', operator: 'Equal', value: '1' },
      { key: 'a', operator: 'Equal', value: '2' },
    ],
  ],
])('tolerations keep %s', (_, first, second, merged) => {
  expect(mergeTolerations(first, second)).toEqual(merged)
})
