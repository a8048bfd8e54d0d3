import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sh } from '../../apps/slipway/src/story/shell.ts'
import { systemClient } from './clients.ts'
import { writeOciLayout } from './oci-layout.ts'
import { type RegistryProcess, startRegistryProcess } from './registry-process.ts'

const skopeo = systemClient('skopeo')

describe.skipIf(!skopeo)(`a pull-through cache${skopeo ? '' : ' (skipped: there is no skopeo)'}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-cache-'))
  const layout = join(folder, 'layout')
  let upstream: RegistryProcess
  let cache: RegistryProcess
  let digest: string
  const password = (data: string): string => readFileSync(join(folder, data, 'admin-token'), 'utf8').trim()

  beforeAll(async () => {
    upstream = await startRegistryProcess(join(folder, 'upstream'))
    const settings = join(folder, 'settings.yaml')
    writeFileSync(settings, cacheOf(upstream.url, password('upstream')))
    cache = await startRegistryProcess(join(folder, 'cache'), { args: ['--config', settings] })
    digest = await writeOciLayout(layout, '1', 'base image\n')
    for (const tag of ['1', '2'])
      await copy(`oci:${layout}:1`, `docker://${new URL(upstream.url).host}/library/base:${tag}`)
  })
  afterAll(async () => {
    await upstream?.kill()
    await cache?.kill()
    rmSync(folder, { recursive: true, force: true })
  })

  function copy(from: string, to: string): Promise<string> {
    const options = ['--src-tls-verify=false', '--dest-tls-verify=false']
    if (from.startsWith('docker:')) options.push('--src-creds', `admin:${password('cache')}`)
    if (to.startsWith('docker:')) options.push('--dest-creds', `admin:${password('upstream')}`)
    return sh('skopeo', ['copy', ...options, from, to])
  }
  const pull = (tag: string): Promise<string> =>
    copy(`docker://${new URL(cache.url).host}/hub/library/base:${tag}`, `oci:${join(folder, 'out')}:${tag}`)

  it('fetches what is asked for, and serves it on when the other side is gone', async () => {
    await pull('1')
    await upstream.kill()
    await pull('1')

    const index = JSON.parse(readFileSync(join(folder, 'out', 'index.json'), 'utf8'))
    expect(index.manifests).toMatchObject([{ digest }])
    // Skopeo shows its user no more of a 5xx.
    await expect(pull('2')).rejects.toThrow('503 Service Unavailable')
  })
})

function cacheOf(url: string, token: string): string {
  return `apiVersion: slipway.dev/v1alpha1
kind: RegistryCache
metadata: { name: hub }
spec: { upstream: "${url}", secretRef: { name: hub } }
---
apiVersion: v1
kind: Secret
metadata: { name: hub }
stringData: { username: admin, password: ${token} }
`
}
