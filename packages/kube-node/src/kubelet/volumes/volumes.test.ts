import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Pod } from '../../model/pod.ts'
import type { Volume } from '../../model/volume.ts'
import { FakeCluster } from '../../testing/index.ts'
import { ConfigurationReader } from '../configuration/configuration-reader.ts'
import { swapIn, type VolumeFile } from './atomic-writer.ts'
import { hostPath } from './host-path.ts'
import { projectedFiles } from './projection.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'slipway-volumes-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

const file = (path: string, content: string, mode = 0o644): VolumeFile => ({
  path,
  content: Buffer.from(content),
  mode,
})
const visible = (): string[] =>
  readdirSync(dir)
    .filter((name) => !name.startsWith('..'))
    .sort()

describe('swapIn', () => {
  it('replaces all files in one step, and takes away those that are gone', () => {
    swapIn(dir, [file('a', '1'), file('sub/b', '2', 0o400)], () => {})
    const before = visible()
    swapIn(dir, [file('a', 'new')], () => {})

    expect(before).toEqual(['a', 'sub'])
    expect(visible()).toEqual(['a'])
    expect(readFileSync(join(dir, 'a'), 'utf8')).toBe('new')
    expect(readdirSync(dir).filter((name) => name.startsWith('..'))).toHaveLength(2)
  })

  it('gives each file its mode, and leaves the same content alone', () => {
    swapIn(dir, [file('a', '1', 0o400)], () => {})
    const { ino } = statSync(join(dir, 'a'))
    swapIn(dir, [file('a', '1', 0o400)], () => {})

    expect(statSync(join(dir, 'a')).mode & 0o777).toBe(0o400)
    expect(statSync(join(dir, 'a')).ino).toBe(ino)
  })

  it.each(['../a', '/a', 'b/../../a'])('refuses the path %s', (path) => {
    expect(() => swapIn(dir, [file(path, '')], () => {})).toThrow(/invalid path/)
  })
})

describe('projectedFiles', () => {
  const pod = (spec: Partial<Pod['spec']> = {}): Pod => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'n', labels: { a: 'x', b: 'y' } },
    spec: { containers: [{ name: 'c', image: 'i', resources: { limits: { cpu: '250m' } } }], ...spec },
  })

  async function read(volume: Omit<Volume, 'name'>, spec: Partial<Pod['spec']> = {}): Promise<VolumeFile[]> {
    const cluster = new FakeCluster()
    await cluster.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'cm', namespace: 'n' },
      data: { k: 'v' },
    })
    return projectedFiles(
      { name: 'v', ...volume },
      {
        pod: pod(spec),
        configuration: new ConfigurationReader(cluster.client(), 'n'),
        place: { nodeName: 'node', hostIP: '', podIP: '', resources: {} },
        token: async (audience, seconds) => `${audience} ${seconds}`,
      },
    )
  }

  it('are made of all sources of a projection', async () => {
    const files = await read({
      projected: {
        defaultMode: 0o640,
        sources: [
          { configMap: { name: 'cm', items: [{ key: 'k', path: 'dir/k', mode: 0o400 }] } },
          { secret: { name: 'none', optional: true } },
          { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
          {
            downwardAPI: {
              items: [{ path: 'cpu', resourceFieldRef: { containerName: 'c', resource: 'limits.cpu', divisor: '1m' } }],
            },
          },
          { serviceAccountToken: { path: 'token', audience: 'vault', expirationSeconds: 600 } },
        ],
      },
    })

    expect(files.map(({ path, content, mode }) => [path, content.toString(), mode])).toEqual([
      ['dir/k', 'v', 0o400],
      ['labels', 'a="x"\nb="y"', 0o640],
      ['cpu', '250', 0o640],
      ['token', 'vault 600', 0o640],
    ])
  })

  it('keep a token for the one user that the pod runs as', async () => {
    const token = { projected: { sources: [{ serviceAccountToken: { path: 't' } }] } }

    expect(await read(token, { securityContext: { runAsUser: 1000 } })).toMatchObject([{ mode: 0o600, owner: 1000 }])
    expect(await read(token)).toMatchObject([{ mode: 0o644 }])
  })

  it('say which key is missing', async () => {
    const items = [{ key: 'nope', path: 'p' }]

    await expect(read({ configMap: { name: 'cm', items } })).rejects.toThrow('references non-existent config key: nope')
    expect(await read({ configMap: { name: 'cm', items, optional: true } })).toEqual([])
  })
})

describe('hostPath', () => {
  it('is made where its type says so, and checked', () => {
    const made = join(dir, 'made')
    mkdirSync(join(dir, 'folder'))

    expect(hostPath({ path: made, type: 'DirectoryOrCreate' })).toBe(made)
    expect(hostPath({ path: join(dir, 'file'), type: 'FileOrCreate' })).toBe(join(dir, 'file'))
    expect(() => hostPath({ path: join(dir, 'folder'), type: 'File' })).toThrow(/is not a file/)
    expect(() => hostPath({ path: join(dir, 'none'), type: 'Directory' })).toThrow(/is not a directory/)
    expect(() => hostPath({ path: join(dir, 'file'), type: 'CharDevice' })).toThrow(/is not a character device/)
    expect(() => hostPath({ path: join(dir, 'file'), type: 'Socket' })).toThrow(/is not a socket file/)
  })
})
