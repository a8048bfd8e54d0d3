import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clientPath } from '../../e2e/clients.ts'
import { type RegistryProcess, startRegistryProcess } from '../../e2e/registry-process.ts'

/** Checks that the specification leaves to a registry's choice. */
const OPTIONAL = {
  OCI_DATA_SPARSE: 'true',
  OCI_DATA_SHA512: 'true',
  OCI_API_BLOBS_UPLOAD_CANCEL: 'true',
  OCI_API_BLOBS_DIGEST_HEADER: 'true',
  OCI_API_MANIFESTS_DIGEST_HEADER: 'true',
  OCI_API_MANIFESTS_TAG_PARAM: 'true',
}

/** https://github.com/opencontainers/distribution-spec/tree/main/conformance */
const suite = clientPath('conformance') ?? ''

describe.skipIf(!suite)(`OCI Distribution 1.1${suite ? '' : ' (skipped: its suite could not be built)'}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-conformance-'))
  let registry: RegistryProcess
  beforeAll(async () => {
    registry = await startRegistryProcess(join(folder, 'data'))
  })
  afterAll(async () => {
    await registry?.kill()
    rmSync(folder, { recursive: true, force: true })
  })

  it.each<[string, Record<string, string>, Record<string, number>]>([
    ['by default', {}, { Pass: 860, Disabled: 2, Total: 862 }],
    ['with what is optional', OPTIONAL, { Pass: 1032, Disabled: 0, Total: 1032 }],
  ])('passes every check of the suite, %s', (_, options, expected) => {
    const { stdout, stderr } = spawnSync(suite, { encoding: 'utf8', env: { ...environment(), ...options } })

    const lines = [...stdout.matchAll(/^ {2}(\S.*?)\.*: +(\w+)$/gm)].map(([, name = '', outcome]) => [name, outcome])
    const totals = lines.filter(([, count]) => Number(count) >= 0).map(([name, count]) => [name, Number(count)])
    const failed = lines.filter(([, outcome]) => outcome === 'FAIL' || outcome === 'Error' || outcome === 'Skip')
    expect(failed, stderr).toEqual([])
    expect(Object.fromEntries(totals)).toEqual({ Skip: 0, FAIL: 0, Error: 0, ...expected })
  })

  function environment(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      OCI_REGISTRY: new URL(registry.url).host,
      OCI_TLS: 'disabled',
      OCI_VERSION: '1.1',
      OCI_USERNAME: 'admin',
      OCI_PASSWORD: readFileSync(join(folder, 'data', 'admin-token'), 'utf8').trim(),
      OCI_RESULTS_DIR: folder,
    }
  }
})
