import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { volumeMounts } from './mounts.ts'

it('a subPath that is made has all the access rights of its volume, and so have the folders above it', () => {
  const path = mkdtempSync(join(tmpdir(), 'slipway-volume-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  chmodSync(path, 0o3777)
  const container = { name: 'c', image: 'i', volumeMounts: [{ name: 'v', mountPath: '/data', subPath: 'a/b' }] }

  const [mount] = volumeMounts(container, { volumes: new Map([['v', { path, readOnly: false }]]), env: new Map() })

  expect(mount?.source).toBe(join(path, 'a/b'))
  expect(['a', 'a/b'].map((folder) => statSync(join(path, folder)).mode & 0o7777)).toEqual([0o3777, 0o3777])
})
