import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { readChart, readFolder } from './chart-source.ts'

const folder = mkdtempSync(join(tmpdir(), 'slipway-chart-'))
const chart = join(folder, 'chart')

beforeEach(() => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(join(chart, 'templates'), { recursive: true })
  mkdirSync(join(folder, 'others'))
  writeFileSync(join(chart, 'Chart.yaml'), 'name: c\n')
  writeFileSync(join(folder, 'others', 'a.yaml'), 'a: 1\n')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const names = () => readFolder(chart).map(({ name }) => name)

describe('a file that is no archive', () => {
  it.each([
    ['short', 'application/octet-stream'],
    ['long text\n'.repeat(52), 'text/plain; charset=utf-8'],
    ['\0binary\n'.repeat(64), 'application/octet-stream'],
  ])('is refused as what Helm takes it for (%j)', (text, type) => {
    const file = join(folder, 'a.tgz')
    writeFileSync(file, text)

    expect(() => readChart(file)).toThrow(`file '${file}' does not appear to be a gzipped archive; got '${type}'`)
  })
})

describe("links in a chart's folder", () => {
  it('stand for what they lead to', () => {
    symlinkSync('../../others/a.yaml', join(chart, 'templates', 'b.yaml'))
    symlinkSync('../others', join(chart, 'more'))

    expect(names()).toEqual(['Chart.yaml', 'more/a.yaml', 'templates/b.yaml'])
  })

  it.each([
    ['missing/end', 'lstat FOLDER/chart/missing: no such file or directory'],
    ['../others/none', 'lstat FOLDER/others/none: no such file or directory'],
    ['second', 'lstat FOLDER/chart/dead: no such file or directory'],
    ['link', 'EvalSymlinks: too many links'],
  ])('that lead nowhere (%s) are named with what is not there', (target, problem) => {
    if (target === 'second') symlinkSync('../chart/dead/end', join(chart, 'second'))
    symlinkSync(target, join(chart, 'link'))

    expect(names).toThrow(`error evaluating symlink ${chart}/link: ${problem.replace('FOLDER', folder)}`)
  })

  it('that lead in a circle end', () => {
    symlinkSync('..', join(chart, 'templates', 'up'))

    expect(names).toThrow('leads in a circle')
  })
})
