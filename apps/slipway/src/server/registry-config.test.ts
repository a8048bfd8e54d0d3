import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readRegistryConfig } from './registry-config.ts'

const EXAMPLE = fileURLToPath(new URL('../../../../examples/registry', import.meta.url))

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'registry-config-'))
  await writeFile(join(folder, 'secret.yaml'), secret)
  await writeFile(join(folder, 'cache.yml'), cache)
  await writeFile(join(folder, 'notes.txt'), 'not for us')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const secret = `
apiVersion: v1
kind: Secret
metadata: {name: hub}
stringData: {username: robot}
data: {password: ${btoa('pw')}}
`
const cache = `
apiVersion: slipway.dev/v1alpha1
kind: RegistryCache
metadata: {name: docker.io}
spec: {upstream: docker.io, secretRef: {name: hub}}
`

describe('the configuration of the registry alone', () => {
  it('is every YAML file of a folder', async () => {
    const { upstreams } = await readRegistryConfig(folder)

    expect(upstreams).toMatchObject([{ name: 'docker.io', credentials: { username: 'robot', password: 'pw' } }])
  })

  it('can be the example', async () => {
    const { policies, upstreams, webhooks, tokens } = await readRegistryConfig(EXAMPLE)

    expect([policies, upstreams, webhooks, tokens].map(({ length }) => length)).toEqual([2, 1, 1, 1])
  })

  it('is one file', async () => {
    const file = join(folder, 'all.txt')
    await writeFile(file, `${secret}---${cache}`)

    expect((await readRegistryConfig(file)).upstreams).toHaveLength(1)
  })

  it.each([
    ['a Secret that is not there', cache, 2, /there is no Secret hub/],
    ['broken YAML', `${secret}---\na: [`, 9, /YAML|yaml/],
    ['a document that is no object', `${secret}---\n- a\n`, 8, /no object with apiVersion/],
  ])('is refused with %s, with file and line', async (_what, text, line, message) => {
    const file = join(folder, 'bad.txt')
    await writeFile(file, text)

    await expect(readRegistryConfig(file)).rejects.toMatchObject({
      message: expect.stringMatching(message),
      at: { file, line },
    })
  })

  it('is refused when it is not there', async () => {
    await expect(readRegistryConfig(join(folder, 'none'))).rejects.toMatchObject({ code: 'REGISTRY_CONFIG_INVALID' })
  })
})
