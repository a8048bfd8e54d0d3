import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exampleOf, ROOT, read } from '../layout/workspace.ts'

const run = promisify(execFile)
const folder = mkdtempSync(join(tmpdir(), 'slipway-packages-'))
const names = ['errors', 'go-template', 'go-yaml', 'helm-chart', 'x509']

/** Somebody's project: the tarballs, and beside them only what they ask the registry for, taken from here. */
beforeAll(async () => {
  const { stdout } = await run(process.execPath, [join(ROOT, 'tools/pack.mjs'), join(folder, 'packed')])
  const tarballs = stdout.trim().split('\n')
  writeFileSync(join(folder, 'package.json'), '{"private": true, "type": "module"}')
  const others = ['re2js', 'bcryptjs'].map((name) => join(ROOT, 'node_modules', name))
  await run('npm', ['install', '--offline', '--install-links', ...tarballs, ...others], { cwd: folder })
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the packages as tarballs, installed into a project of its own', () => {
  it.each(names)('%s says what it is, and depends on released versions of its siblings', (name) => {
    const manifest = JSON.parse(readFileSync(join(folder, `node_modules/@slipway/${name}/package.json`), 'utf8'))
    const { version, description, dependencies } = JSON.parse(read(`packages/${name}/package.json`))

    expect(manifest).toMatchObject({ version, description, dependencies, type: 'module', license: 'Apache-2.0' })
    expect(manifest).not.toHaveProperty('private')
  })

  it.each(names)('%s prints what its README says with nothing but node', async (name) => {
    const { code, printed } = exampleOf(name)
    writeFileSync(join(folder, `${name}.js`), code)

    const { stdout } = await run(process.execPath, [`${name}.js`], { cwd: folder })

    expect(stdout.trim()).toBe(printed.trim())
  })

  it('hold JavaScript, declarations, README and licence, and no test', async () => {
    const { stdout } = await run('tar', ['-tzf', join(folder, 'packed/slipway-helm-chart-0.1.0.tgz')])
    const files = stdout.trim().split('\n')

    const others = files.filter((file) => !/^package\/dist\/.*(?<!\.test)(\.js|\.d\.ts)$/.test(file))
    expect(others.sort()).toEqual(['package/LICENSE', 'package/README.md', 'package/package.json'])
    expect(files.filter((file) => file.includes('testing/'))).toEqual([])
  })

  it('have declarations that hold without the types of Node.js or of a page', async () => {
    writeFileSync(
      join(folder, 'use.ts'),
      `import { type Chart, loadChart, type Platform, renderChart } from '@slipway/helm-chart'
       import { Template } from '@slipway/go-template'
       import { UserError } from '@slipway/errors'
       import { parse } from '@slipway/go-yaml'
       export function render(files: Record<string, Uint8Array>, platform: Platform): string | UserError {
         const chart: Chart = loadChart(Object.entries(files).map(([name, data]) => ({ name, data })), platform)
         new Template({ functions: {} }).parse('a', String(parse('a')))
         const release = { name: 'rel', namespace: 'ns' }
         return renderChart(chart, { values: {}, release, platform }).text
       }
       // @ts-expect-error a chart is no text
       export const wrong = (platform: Platform) => loadChart('chart', platform)`,
    )
    const flags = ['--noEmit', '--strict', '--target', 'es2023', '--lib', 'es2023', '--module', 'nodenext']

    const checked = run(join(ROOT, 'node_modules/.bin/tsc'), [...flags, 'use.ts'], { cwd: folder })

    await expect(checked).resolves.toMatchObject({ stdout: '' })
  })

  it('are bundled for a page', async () => {
    const bundled = build({
      stdin: { contents: exampleOf('helm-chart').code, resolveDir: folder },
      bundle: true,
      write: false,
      platform: 'browser',
      logLevel: 'silent',
    })

    await expect(bundled).resolves.toMatchObject({ errors: [], warnings: [] })
  })
})
