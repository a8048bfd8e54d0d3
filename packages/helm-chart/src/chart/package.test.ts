import { describe, expect, it } from 'vitest'
import { chartFiles, chartOf } from '../testing/render-text.ts'
import { testPlatform } from '../testing/test-platform.ts'
import { parseIgnoreRules } from './ignore.ts'
import { loadArchive, readArchive } from './load.ts'
import { packageChart } from './package.ts'
import { writeTar } from './tar.ts'

const platform = testPlatform()

describe('packageChart', () => {
  const chart = chartOf({
    'values.yaml': '# kept\na: 1\n',
    'templates/a.yaml': 'a: b\n',
    'README.md': 'read me',
    'charts/sub/Chart.yaml': 'apiVersion: v2\nname: sub\nversion: 1.0.0\n',
  })

  it('packs with another version, and the archive loads as the same chart', () => {
    const { fileName, data } = packageChart(chart, platform, { version: '158.0.0', appVersion: '158' })
    const loaded = loadArchive(data, platform)

    expect(fileName).toBe('demo-158.0.0.tgz')
    expect(loaded.metadata).toMatchObject({ name: 'demo', version: '158.0.0', appVersion: '158' })
    expect(loaded.raw.map(({ name }) => name)).toEqual([
      'Chart.yaml',
      'values.yaml',
      'templates/a.yaml',
      'README.md',
      'charts/sub/Chart.yaml',
    ])
    expect(loaded.dependencies[0]?.metadata.name).toBe('sub')
  })

  it('gives equal bytes for equal charts', () => {
    expect(packageChart(chart, platform).data).toEqual(packageChart(chart, platform).data)
  })

  it('refuses a version that is none', () => {
    expect(() => packageChart(chart, platform, { version: 'abc' })).toThrow('invalid semantic version')
  })
})

describe('archives', () => {
  const pack = (name: string, text = '') => platform.gzip(writeTar(chartFiles({ [name]: text })))

  it.each([
    ['demo/../../etc/passwd', 'chart illegally references parent directory'],
    ['demo//etc/passwd', 'chart illegally contains absolute paths'],
    ['Chart.yaml', 'chart illegally contains content outside the base directory: "Chart.yaml"'],
    ['demo/c:/x', 'chart contains illegally named files'],
  ])('%s is refused', (name, message) => {
    expect(() => readArchive(pack(name), platform)).toThrow(message)
  })

  it('that unpack to more than the limit are refused', () => {
    const bomb = pack('demo/a', 'x'.repeat(100_000))

    expect(() => readArchive(bomb, platform, { maxFileSize: 1000 })).toThrow(
      'is larger than the maximum file size 1000',
    )
  })

  it('inside each other share one limit', () => {
    const chart = (name: string, files: Record<string, Uint8Array>) => {
      const own = { 'Chart.yaml': new TextEncoder().encode(`apiVersion: v2\nname: ${name}\nversion: 1.0.0\n`) }
      const entries = Object.entries({ ...own, ...files })
      return platform.gzip(writeTar(entries.map(([path, data]) => ({ name: `${name}/${path}`, data }))))
    }
    const full = chart('full', { 'a.txt': new Uint8Array(60_000) })
    const twice = chart('twice', { 'charts/a.tgz': full, 'charts/b.tgz': full })

    expect(loadArchive(twice, platform, { maxNestedSize: 200_000 }).dependencies).toHaveLength(2)
    expect(() => loadArchive(twice, platform, { maxNestedSize: 100_000 })).toThrow('unpack to more than 100000 bytes')
  })

  it('that are bombs are not unpacked', () => {
    const bomb = platform.gzip(new Uint8Array(200 * 1024 * 1024))

    expect(bomb.length).toBeLessThan(300_000)
    expect(() => loadArchive(bomb, platform)).toThrow('decompressed chart is larger than the maximum size 104857600')
  })

  it('keep names longer than a tar header holds', () => {
    const name = `demo/templates/${'long/'.repeat(40)}a.yaml`

    expect(readArchive(pack(name), platform)[0]?.name).toBe(name.slice('demo/'.length))
  })
})

describe('.helmignore', () => {
  const rules = parseIgnoreRules('# comment\n*.bak\n/top.txt\nsecret/\nsub/*.log\n')

  it.each([
    ['a/b.bak', false, true],
    ['top.txt', false, true],
    ['x/top.txt', false, false],
    ['secret', true, true],
    ['secret', false, false],
    ['sub/a.log', false, true],
    ['templates/.hidden', false, true],
    ['templates/a.yaml', false, false],
  ])('%s (folder: %s): %s', (path, isFolder, expected) => {
    expect(rules.ignores(path, isFolder)).toBe(expected)
  })
})

describe('Chart.yaml', () => {
  it.each([
    ['name: demo\nversion: 1.0.0\nname2: x\n', undefined],
    ['apiVersion: v2\nversion: 1.0.0\n', 'validation: chart.metadata.name is required'],
    ['apiVersion: v2\nname: a/b\nversion: 1.0.0\n', 'validation: chart.metadata.name "a/b" is invalid'],
    ['apiVersion: v2\nname: a\nversion: abc\n', 'validation: chart.metadata.version "abc" is invalid'],
    [
      'apiVersion: v2\nname: a\nversion: 1.0.0\ntype: x\n',
      'validation: chart.metadata.type must be application or library',
    ],
  ])('%j', (text, message) => {
    const load = () => chartOf({ 'Chart.yaml': text })

    if (message === undefined) expect(load().metadata.apiVersion).toBe('v1')
    else expect(load).toThrow(message)
  })
})
