import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from '@slipway/go-yaml'
import { kubeconfigFor } from '@slipway/kube-apiserver'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { addToKubeconfig, removeFromKubeconfig } from './kubeconfig-file.ts'

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
const kubeconfig = (name: string) =>
  kubeconfigFor({ server: 'https://127.0.0.1:1', ca: 'CA', client: { cert: 'C', key }, name })

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubeconfig-file-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const namesIn = (file: string) => {
  const config = parse(readFileSync(file, 'utf8')) as Record<string, { name: string }[]> & { 'current-context': string }
  const [clusters, contexts, users] = ['clusters', 'contexts', 'users'].map((list) =>
    (config[list] ?? []).map(({ name }) => name),
  )
  return { clusters, contexts, users, current: config['current-context'] }
}

it('makes a file that only its owner can read, and takes it away again', () => {
  const file = join(folder, 'new', 'config')

  addToKubeconfig(file, kubeconfig('slipway'))

  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readFileSync(file, 'utf8')).toBe(kubeconfig('slipway'))
  removeFromKubeconfig(file, kubeconfig('slipway'))
  expect(() => statSync(file)).toThrow('ENOENT')
})

it('leaves what else is in the file, and replaces what an earlier cluster of the name left', () => {
  const file = join(folder, 'shared')
  writeFileSync(file, kubeconfig('other'), { mode: 0o644 })
  addToKubeconfig(file, kubeconfig('slipway').replace(':1', ':2'))

  addToKubeconfig(file, kubeconfig('slipway'))

  const both = ['other', 'slipway']
  expect(namesIn(file)).toEqual({ clusters: both, contexts: both, users: both, current: 'slipway' })
  expect(readFileSync(file, 'utf8')).not.toContain(':2')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  removeFromKubeconfig(file, kubeconfig('slipway'))
  expect(namesIn(file)).toEqual({ clusters: ['other'], contexts: ['other'], users: ['other'], current: '' })
})

it('takes an empty file for an empty kubeconfig', () => {
  const file = join(folder, 'empty')
  writeFileSync(file, '')

  addToKubeconfig(file, kubeconfig('slipway'))

  expect(namesIn(file).current).toBe('slipway')
})
