import { readFileSync } from 'node:fs'
import { UserError } from '@slipway/errors'
import {
  type Compat,
  emptyValues,
  mergeValues,
  parseValues,
  setJson,
  setLiteral,
  setValue,
  type Values,
} from '@slipway/helm-chart'

/** The flags by which Helm's commands take values. */
export interface ValuesOptions {
  readonly values: readonly string[]
  readonly set: readonly string[]
  readonly setString: readonly string[]
  readonly setJson: readonly string[]
  readonly setLiteral: readonly string[]
  readonly setFile: readonly string[]
}

/** The values of all flags in Helm's order: files, --set-json, --set, --set-string, --set-file, --set-literal. */
export function readValues(options: ValuesOptions, compat: Compat = 'helm4'): Values {
  let values = emptyValues()
  for (const file of options.values) values = mergeValues(values, readValuesFile(file, compat))
  for (const line of options.setJson) {
    if (line.trim().startsWith('{')) values = mergeValues(values, jsonObject(line))
    else prefixed(`failed parsing --set-json data ${line}`, () => setJson(values, line), true)
  }
  for (const line of options.set) prefixed('failed parsing --set data', () => setValue(values, line))
  for (const line of options.setString)
    prefixed('failed parsing --set-string data', () => setValue(values, line, 'string'))
  for (const line of options.setFile) prefixed('failed parsing --set-file data', () => setValue(values, line, readText))
  for (const line of options.setLiteral) prefixed('failed parsing --set-literal data', () => setLiteral(values, line))
  return values
}

function readValuesFile(file: string, compat: Compat): Values {
  const text = readText(file)
  return prefixed(`failed to parse ${file}`, () => parseValues(text, compat))
}

function jsonObject(line: string): Values {
  const parsed = emptyValues()
  prefixed(`failed parsing --set-json data JSON: ${line}`, () => setJson(parsed, `all=${line}`), true)
  return parsed.all as Values
}

function readText(file: string): string {
  if (/^https?:\/\//.test(file)) throw new UserError('HELM_UNSUPPORTED', `values from a URL are not supported: ${file}`)
  try {
    return readFileSync(file.trim() === '-' ? 0 : file, 'utf8')
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    const reason =
      { ENOENT: 'no such file or directory', EACCES: 'permission denied', EISDIR: 'is a directory' }[code ?? ''] ?? code
    throw new UserError('HELM_FILE_UNREADABLE', `open ${file}: ${reason}`, { cause })
  }
}

function prefixed<T>(prefix: string, run: () => T, replaces = false): T {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    throw new UserError(error.code, replaces ? prefix : `${prefix}: ${error.message}`, { cause: error })
  }
}
