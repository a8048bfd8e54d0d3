import { quote, stringOf } from '@slipway/go-template'
import type { Compat } from '../compat.ts'
import { mismatchText } from '../json/decode.ts'
import type { Platform } from '../platform.ts'
import { emptyValues, isTable, mergeValues, type Values } from '../values/value.ts'
import { readYaml } from '../yaml.ts'
import type { Chart, ChartFile, Lock } from './chart.ts'
import { chartError, yamlMessage } from './error.ts'
import { checkChartVersion, parseLock, parseMetadata, type RawMetadata, validateMetadata } from './metadata.ts'
import { cleanPath, extension } from './path.ts'
import { readTar } from './tar.ts'

/** Bounds of one archive; Helm's own, and a number of files. */
export interface ChartLimits {
  /** Bytes of all files together. @default 100 MiB */
  readonly maxChartSize: number
  /** Bytes of one file. @default 5 MiB */
  readonly maxFileSize: number
  /** @default 20_000 */
  readonly maxFiles: number
  /** Bytes of all archives inside each other together, which Helm does not bound. @default 256 MiB */
  readonly maxNestedSize: number
}

/** How a chart is loaded. */
export interface LoadOptions extends Partial<ChartLimits> {
  /** Which Helm's rules and messages. @default 'helm4' */
  readonly compat?: Compat
}

const mebibyte = 1024 * 1024
const defaultLimits: ChartLimits = {
  maxChartSize: 100 * mebibyte,
  maxFileSize: 5 * mebibyte,
  maxFiles: 20_000,
  maxNestedSize: 256 * mebibyte,
}
// Subcharts inside subcharts; nothing real comes near it, an archive made to exhaust the stack does.
const maxDepth = 30

type Unpacker = Pick<Platform, 'gunzip'>

/** Loads a packaged chart. Throws UserError CHART_INVALID with Helm's own text. */
export function loadArchive(archive: Uint8Array, platform: Unpacker, options: LoadOptions = {}): Chart {
  return loadChart(readArchive(archive, platform, options), platform, options)
}

/**
 * The files of a packaged chart, relative to its folder. Refuses absolute paths, paths that leave the folder and what
 * exceeds the limits. Throws UserError CHART_INVALID.
 */
export function readArchive(archive: Uint8Array, platform: Unpacker, limits: Partial<ChartLimits> = {}): ChartFile[] {
  const { maxChartSize, maxFileSize, maxFiles } = { ...defaultLimits, ...limits }
  const entries = readTar(unzip(archive, platform, maxChartSize))
  if (entries.length > maxFiles) throw chartError(`chart has more than ${maxFiles} files`)
  const files = entries.map(({ name, data }) => {
    const path = pathInChart(name)
    if (data.length > maxFileSize) {
      throw chartError(`decompressed chart file ${quote(name)} is larger than the maximum file size ${maxFileSize}`)
    }
    return { name: path, data }
  })
  if (files.length === 0) throw chartError('no files in chart archive')
  return files
}

function unzip(archive: Uint8Array, platform: Unpacker, maxChartSize: number): Uint8Array {
  if (archive[0] !== 0x1f || archive[1] !== 0x8b) throw chartError('gzip: invalid header')
  try {
    // Headers and padding of the tar format come on top of the files.
    return platform.gunzip(archive, maxChartSize + 32 * 1024 * 1024)
  } catch (error) {
    if (error instanceof RangeError) {
      throw chartError(`decompressed chart is larger than the maximum size ${maxChartSize}`, error)
    }
    throw chartError(`cannot unpack the chart archive: ${yamlMessage(error)}`, error)
  }
}

function pathInChart(name: string): string {
  // Archives made on Windows may have backslashes.
  const delimiter = name.includes('\\') ? '\\' : '/'
  const [top, ...rest] = name.split(delimiter)
  const path = rest.join('/')
  if (path.startsWith('/')) throw chartError('chart illegally contains absolute paths')
  const clean = cleanPath(path)
  if (clean === '.') {
    throw chartError(`chart illegally contains content outside the base directory: ${quote(name)}`)
  }
  if (clean.startsWith('..')) throw chartError('chart illegally references parent directory')
  if (/^[a-zA-Z]:\//.test(clean)) throw chartError('chart contains illegally named files')
  if (top === 'Chart.yaml') throw chartError('chart yaml not in base directory')
  return clean
}

/**
 * Loads a chart from its files, which `.helmignore` has already been applied to. Byte-order marks are dropped, as
 * Helm's loader does. Throws UserError CHART_INVALID with Helm's own text.
 */
export function loadChart(files: readonly ChartFile[], platform: Unpacker, options: LoadOptions = {}): Chart {
  const { compat = 'helm4', ...limits } = options
  const plain = files.map(withoutByteOrderMark)
  // Only of the chart itself, not of its subcharts.
  const main = plain.find(({ name }) => name === 'Chart.yaml')
  if (main && compat === 'helm4') checkChartVersion(stringOf(main.data), main.name)
  return load(plain, { platform, limits, compat, depth: 0, unpacked: { bytes: 0 } })
}

function withoutByteOrderMark({ name, data }: ChartFile): ChartFile {
  const marked = data[0] === 0xef && data[1] === 0xbb && data[2] === 0xbf
  return { name, data: marked ? data.subarray(3) : data }
}

interface LoadContext {
  readonly platform: Unpacker
  readonly limits: Partial<ChartLimits>
  readonly compat: Compat
  readonly depth: number
  /** By all archives inside this chart so far. */
  readonly unpacked: { bytes: number }
}

interface Parts {
  metadata: RawMetadata | undefined
  lock: Lock | undefined
  values: Values
  schema: Uint8Array | undefined
  templates: ChartFile[]
  files: ChartFile[]
  subcharts: Map<string, ChartFile[]>
  warnings: string[]
}

function load(files: readonly ChartFile[], context: LoadContext): Chart {
  if (context.depth > maxDepth) throw chartError(`subcharts are nested more than ${maxDepth} deep`)
  const parts = sortFiles(files, context.compat)
  if (!parts.metadata) throw chartError('Chart.yaml file is missing')
  const metadata = validateMetadata(parts.metadata, { compat: context.compat })
  // Helm 4 can load charts of this coming version but renders none.
  if (metadata.apiVersion === 'v3' && context.compat === 'helm4') throw chartError('invalid chart apiVersion')
  const dependencies = [...parts.subcharts]
    .filter(([name]) => !/^[_.]/.test(name))
    .map(([name, content]) => loadSubchart(name, content, { ...context, parent: metadata.name }))
  return {
    metadata,
    ...(parts.lock && { lock: parts.lock }),
    values: parts.values,
    ...(parts.schema && { schema: parts.schema }),
    templates: parts.templates,
    files: parts.files,
    raw: files,
    dependencies,
    warnings: [...parts.warnings, ...dependencies.flatMap(({ warnings }) => warnings)],
  }
}

function sortFiles(files: readonly ChartFile[], compat: Compat): Parts {
  const parts: Parts = {
    metadata: undefined,
    lock: undefined,
    values: emptyValues(),
    schema: undefined,
    templates: [],
    files: [],
    subcharts: new Map(),
    warnings: [],
  }
  // Chart.yaml first: the meaning of other files depends on its apiVersion.
  for (const file of files) {
    if (file.name !== 'Chart.yaml') continue
    parts.metadata = parseMetadata(stringOf(file.data), file.name, { compat, base: parts.metadata })
    if (!parts.metadata.apiVersion) parts.metadata = { ...parts.metadata, apiVersion: 'v1' }
  }
  for (const file of files) sortFile(file, parts, compat)
  return parts
}

function sortFile(file: ChartFile, parts: Parts, compat: Compat): void {
  const { name, data } = file
  if (name === 'Chart.yaml') return
  if (name === 'Chart.lock') parts.lock = parseLock(stringOf(data), name, compat)
  else if (name === 'values.yaml') parts.values = loadValues(stringOf(data), compat)
  else if (name === 'values.schema.json') parts.schema = data
  else if (name === 'requirements.yaml') {
    parts.metadata = parseMetadata(stringOf(data), name, { compat, base: parts.metadata })
    keepLegacyFile(
      file,
      parts,
      'Dependencies are handled in Chart.yaml since apiVersion "v2". We recommend migrating dependencies to Chart.yaml.',
    )
  } else if (name === 'requirements.lock') {
    parts.lock = parseLock(stringOf(data), name, compat)
    keepLegacyFile(
      file,
      parts,
      'Dependency locking is handled in Chart.lock since apiVersion "v2". We recommend migrating to Chart.lock.',
    )
  } else if (name.startsWith('templates/')) parts.templates.push(file)
  else if (name.startsWith('charts/') && extension(name) !== '.prov') {
    const path = name.slice('charts/'.length)
    const subchart = path.split('/', 1)[0] as string
    parts.subcharts.set(subchart, [...(parts.subcharts.get(subchart) ?? []), { name: path, data }])
  } else parts.files.push(file)
}

function keepLegacyFile(file: ChartFile, parts: Parts, warning: string): void {
  if (parts.metadata?.apiVersion === 'v1') parts.files.push(file)
  else parts.warnings.push(`Warning: ${warning}`)
}

function loadSubchart(name: string, files: readonly ChartFile[], context: LoadContext & { parent: string }): Chart {
  const below = { ...context, depth: context.depth + 1 }
  try {
    const [first] = files
    if (extension(name) === '.tgz' && first) {
      if (first.name !== name) {
        throw chartError(`error unpacking subchart tar in ${context.parent}: expected ${name}, got ${first.name}`)
      }
      return load(unpackSubchart(first.data, context).map(withoutByteOrderMark), below)
    }
    const inside = files.filter((file) => file.name.includes('/'))
    return load(
      inside.map((file) => ({ name: file.name.slice(name.length + 1), data: file.data })),
      below,
    )
  } catch (error) {
    throw chartError(`error unpacking subchart ${name} in ${context.parent}: ${yamlMessage(error)}`, error)
  }
}

function unpackSubchart(archive: Uint8Array, { platform, limits, unpacked }: LoadContext): ChartFile[] {
  const { maxNestedSize } = { ...defaultLimits, ...limits }
  const files = readArchive(archive, platform, limits)
  for (const { data } of files) unpacked.bytes += data.length
  if (unpacked.bytes > maxNestedSize)
    throw chartError(`the archives in the chart unpack to more than ${maxNestedSize} bytes`)
  return files
}

function loadValues(text: string, compat: Compat): Values {
  try {
    return parseValues(text, compat)
  } catch (error) {
    throw chartError(`cannot load values.yaml: ${yamlMessage(error)}`, error)
  }
}

/**
 * Reads a values file: one or more YAML documents, later ones merged over earlier ones; Helm 3 reads only the first.
 * Throws UserError CHART_INVALID.
 */
export function parseValues(text: string, compat: Compat = 'helm4'): Values {
  const prefix = compat === 'helm4' ? 'cannot unmarshal yaml document: ' : ''
  let values = emptyValues()
  for (const document of compat === 'helm4' ? splitDocuments(text) : [text]) {
    let parsed: unknown
    try {
      parsed = readYaml(document)
    } catch (error) {
      throw chartError(prefix + yamlMessage(error), error)
    }
    if (parsed === null || parsed === undefined) continue
    if (!isTable(parsed)) {
      throw chartError(prefix + mismatchText(parsed, 'map[string]interface {}'))
    }
    values = mergeValues(values, parsed)
  }
  return values
}

// apimachinery's YAMLReader: a line that begins with `---` ends a document.
function splitDocuments(text: string): string[] {
  const documents: string[] = []
  let lines: string[] = []
  for (const line of text.split('\n')) {
    if (line.startsWith('---') && /^---(?:\s|$)/.test(line)) {
      if (lines.length > 0) documents.push(lines.join('\n'))
      lines = []
    } else lines.push(line)
  }
  documents.push(lines.join('\n'))
  return documents
}
