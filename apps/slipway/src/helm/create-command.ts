import { existsSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, resolve } from 'node:path'
import { UserError } from '@slipway/errors'
import { stringify } from '@slipway/go-yaml'
import { type ChartFile, chartNameFault, metadataJson, starterFiles } from '@slipway/helm-chart'
import { readChart, readFolder } from './chart-source.ts'
import { print } from './flags.ts'
import { helmFolders } from './settings.ts'

/** `helm create NAME`: a new chart, from Helm's starter or one of the user's. */
export function createChart(path: string, { starter }: { readonly starter?: string }): void {
  print(`Creating ${path}\n`)
  const name = basename(path)
  const fault = chartNameFault(name)
  if (fault !== undefined) throw new UserError('CHART_NAME_INVALID', fault)
  const target = resolve(path)
  const parent = lstatSync(dirname(target), { throwIfNoEntry: false })
  if (!parent) {
    throw new UserError('HELM_FILE_UNWRITABLE', `stat ${dirname(target)}: no such file or directory`)
  }
  if (existsSync(target) && !lstatSync(target).isDirectory()) {
    throw new UserError('HELM_FILE_UNWRITABLE', `file ${target} already exists and is not a directory`)
  }
  const files = starter === undefined ? starterFiles(name) : starterOf(starter, name)
  for (const file of files) writeOne(join(target, file.name), file.data, starter === undefined)
  mkdirSync(join(target, 'charts'), { recursive: true })
}

function writeOne(file: string, data: Uint8Array, warns: boolean): void {
  if (warns && existsSync(file)) print(`WARNING: File ${JSON.stringify(file)} already exists. Overwriting.\n`)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, data)
}

/** A chart of the user's as a model: its files with `<CHARTNAME>` filled in, and metadata that begins anew. */
function starterOf(starter: string, name: string): ChartFile[] {
  const path = isAbsolute(starter) ? starter : join(helmFolders(process.env).data, 'starters', starter)
  if (!existsSync(path)) {
    throw new UserError('CHART_NOT_FOUND', `could not load ${path}: stat ${path}: no such file or directory`)
  }
  const metadata = { ...readChart(path).metadata, name, description: 'A Helm chart for Kubernetes', version: '0.1.0' }
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
  const ignored = join(path, '.helmignore')
  return [
    { name: 'Chart.yaml', data: encode(stringify(metadataJson({ ...metadata, appVersion: '0.1.0' }))) },
    ...(existsSync(ignored) ? [{ name: '.helmignore', data: readFileSync(ignored) }] : []),
    ...readFolder(path)
      .filter((file) => file.name !== 'Chart.yaml')
      .map((file) => ({
        name: file.name,
        data: encode(new TextDecoder().decode(file.data).replaceAll('<CHARTNAME>', name)),
      })),
  ]
}
