import { mkdtempSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DataFolder } from '../data-folder.ts'
import { openClusterStore } from './cluster-store.ts'

let folder: DataFolder
beforeEach(() => {
  folder = new DataFolder(mkdtempSync(join(tmpdir(), 'slipway-store-')))
})
afterEach(() => rmSync(folder.path, { recursive: true }))

/** What a first start leaves. */
async function use(): Promise<void> {
  const store = await openClusterStore(folder)
  folder.write('pki.json', '{}')
  folder.write('kubeconfig', 'apiVersion: v1')
  await store.create('key', 'value')
  await store.close()
}

describe('the state of a cluster', () => {
  it.each([
    ['cluster.db', 'gone', (file: string) => rmSync(file)],
    ['cluster.db', 'empty', (file: string) => truncateSync(file)],
    ['pki.json', 'gone', (file: string) => rmSync(file)],
    ['pki.json', 'empty', (file: string) => truncateSync(file)],
  ])('is not begun anew because %s is %s', async (name, _, lose) => {
    await use()
    lose(folder.file(name))

    await expect(openClusterStore(folder)).rejects.toMatchObject({
      code: 'DATA_FILE_LOST',
      message: expect.stringContaining(name),
    })
  })

  it.each([
    ['its certificates were removed on purpose, with the kubeconfig', ['pki.json', 'kubeconfig'], 1],
    ['all of it was', ['pki.json', 'cluster.db'], 0],
    ['a crash came before the first start had made all', ['kubeconfig'], 1],
  ])('is opened where %s', async (_, names, revision) => {
    await use()
    for (const name of names) folder.remove(name)

    const store = await openClusterStore(folder)

    expect(store.revision()).toBe(revision)
    await store.close()
  })

  it('is begun in a folder that worked on another cluster', async () => {
    folder.write('kubeconfig', 'apiVersion: v1')

    await (await openClusterStore(folder)).close()
  })
})
