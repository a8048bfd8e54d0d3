import {
  type Dirent,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { UserError } from '@slipway/errors'
import { type Chart, type ChartFile, type Compat, loadArchive, loadChart, parseIgnoreRules } from '@slipway/helm-chart'
import { nodePlatform } from './node-platform.ts'

// Helm's bound of a file; the others are those of an archive, since links of folders can multiply what is there.
const maxFileSize = 5 * 1024 * 1024
const maxFolderSize = 100 * 1024 * 1024
const maxFiles = 20_000

/** Loads a chart from a folder or a packaged file, as Helm finds them. Throws UserError. */
export function readChart(path: string, compat: Compat = 'helm4'): Chart {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (!stats) throw notFound(path)
  return stats.isDirectory()
    ? loadChart(readFolder(path), nodePlatform, { compat })
    : readArchive(path, readFileSync(path), compat)
}

function notFound(path: string): UserError {
  if (path.startsWith('.') || path.startsWith('/'))
    return new UserError('HELM_CHART_NOT_FOUND', `path ${JSON.stringify(path)} not found`)
  if (!path.includes('/'))
    return new UserError(
      'HELM_CHART_NOT_FOUND',
      `non-absolute URLs should be in form of repo_name/path_to_chart, got: ${path}`,
    )
  if (path.includes('://')) {
    return new UserError(
      'HELM_UNSUPPORTED',
      'charts from a URL are not supported; download the chart and give its path',
    )
  }
  return new UserError('HELM_CHART_NOT_FOUND', `repo ${path.split('/', 1)[0]} not found`)
}

/** A packaged chart; `path` is where it lies, or was to lie. Throws UserError with Helm's text. */
export function readArchive(path: string, data: Uint8Array, compat?: Compat): Chart {
  if (data[0] !== 0x1f || data[1] !== 0x8b) {
    const problem = /\.ya?ml$/.test(path)
      ? 'seems to be a YAML file, but expected a gzipped archive'
      : `does not appear to be a gzipped archive; got '${contentType(data)}'`
    throw new UserError('CHART_INVALID', `file '${path}' ${problem}`)
  }
  return loadArchive(data, nodePlatform, compat && { compat })
}

const HTML =
  /^[\t\n\f\r ]*<(!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|!--)[ >]/i

// Helm asks Go's sniffer about 512 bytes, which end in zeros where the file is shorter: binary data.
function contentType(data: Uint8Array): string {
  const start = data.subarray(0, 512)
  // What proxies send in the place of a chart (Go, net/http: sniffSignatures).
  if (HTML.test(Buffer.from(start).toString('latin1'))) return 'text/html; charset=utf-8'
  const isText = start.length === 512 && !start.some((byte) => byte < 0x20 && ![9, 10, 12, 13, 27].includes(byte))
  return isText ? 'text/plain; charset=utf-8' : 'application/octet-stream'
}

/** The files of a chart's folder without what `.helmignore` leaves out. */
export function readFolder(path: string): ChartFile[] {
  const root = resolve(path)
  let rulesText = ''
  try {
    rulesText = readFileSync(join(root, '.helmignore'), 'utf8')
  } catch {
    // Most charts have none.
  }
  const rules = parseIgnoreRules(rulesText)
  const files: ChartFile[] = []
  let size = 0
  walk({ root, real: realpathSync(root), prefix: '', links: new Set() }, (name, full) => {
    const stats = statSync(full)
    if (rules.ignores(name, stats.isDirectory())) return false
    if (stats.isDirectory()) return true
    if (!stats.isFile()) {
      throw new UserError('CHART_INVALID', `cannot load irregular file ${full} as it has file mode type bits set`)
    }
    if (stats.size > maxFileSize) {
      throw new UserError(
        'CHART_INVALID',
        `chart file ${JSON.stringify(basename(full))} is larger than the maximum file size ${maxFileSize}`,
      )
    }
    size += stats.size
    if (size > maxFolderSize || files.length >= maxFiles) {
      throw new UserError('CHART_INVALID', `${root} holds more than ${maxFiles} files or ${maxFolderSize} bytes`)
    }
    files.push({ name, data: readFileSync(full) })
    return false
  })
  return files
}

interface Folder {
  readonly root: string
  readonly real: string
  readonly prefix: string
  /** Real paths of the links that led here, to stop at circles. */
  readonly links: ReadonlySet<string>
}

/** Visits files and folders in Go's order, following symbolic links as Helm does; `visit` says whether to go into a folder. */
function walk(folder: Folder, visit: (name: string, full: string) => boolean): void {
  for (const entry of sorted(readdirSync(folder.real, { withFileTypes: true }))) {
    const name = folder.prefix + entry.name
    const full = join(folder.root, name)
    const isLink = entry.isSymbolicLink() || lstatSync(full).isSymbolicLink()
    const real = isLink ? targetOf(full) : join(folder.real, entry.name)
    if (!visit(name, full)) continue
    if (isLink && folder.links.has(real))
      throw new UserError('CHART_INVALID', `symbolic link ${full} leads in a circle`)
    const links = isLink ? new Set([...folder.links, real]) : folder.links
    walk({ ...folder, real, prefix: `${name}/`, links }, visit)
  }
}

function targetOf(link: string): string {
  try {
    return realpathSync(link)
  } catch (cause) {
    const problem = (cause as NodeJS.ErrnoException).code === 'ELOOP' ? 'EvalSymlinks: too many links' : missing(link)
    throw new UserError('CHART_INVALID', `error evaluating symlink ${link}: ${problem}`, { cause })
  }
}

/** What Go says of a link that leads nowhere: it names the first part of the way that is not there. */
function missing(link: string): string {
  let part = resolve(dirname(link), readlinkSync(link))
  while (!existsSync(dirname(part))) part = dirname(part)
  if (lstatSync(part, { throwIfNoEntry: false })?.isSymbolicLink()) return missing(part)
  return `lstat ${part}: no such file or directory`
}

function sorted(entries: Dirent[]): Dirent[] {
  return entries.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))
}
