import { quote, stringOf } from '@slipway/go-template'
import { parse } from '@slipway/go-yaml'
import type { ChartFile, Maintainer } from '../chart/chart.ts'
import { parseMetadata, type RawMetadata, unknownMetadataField } from '../chart/metadata.ts'
import { baseName } from '../chart/path.ts'
import { compareVersions, isVersion, parseVersion } from '../semver/version.ts'
import { isTable } from '../values/value.ts'
import { readTypedYaml } from '../yaml.ts'
import { isEmail, isRequestUrl, isUrl } from './addresses.ts'
import type { Findings } from './findings.ts'

const path = 'Chart.yaml'

/** What is wrong with Chart.yaml. */
export function lintChartFile(findings: Findings, files: readonly ChartFile[]): void {
  const text = stringOf(files.find(({ name }) => name === path)?.data ?? new Uint8Array())
  const metadata = findings.attempt(path, () => readMetadata(text), 'unable to parse YAML\n\t')
  if (!metadata) return
  findings.check('WARNING', path, strictProblem(text))
  const rules: (string | undefined)[] = [
    nameProblem(metadata),
    apiVersionProblem(metadata),
    typeProblem(text, 'version'),
    versionProblem(metadata),
    typeProblem(text, 'appVersion'),
    maintainerProblem(metadata.maintainers ?? []),
    sourceProblem(metadata),
  ]
  for (const problem of rules) findings.check('ERROR', path, problem)
  const { icon = '' } = metadata
  findings.check('INFO', path, icon === '' ? 'icon is recommended' : undefined)
  findings.check('ERROR', path, icon !== '' && !isRequestUrl(icon) ? `invalid icon URL '${icon}'` : undefined)
  for (const problem of onlySince2(metadata)) findings.check('ERROR', path, problem)
  findings.check('WARNING', path, strictVersionProblem(metadata))
}

function readMetadata(text: string): RawMetadata {
  try {
    return parseMetadata(text, path)
  } catch (error) {
    // Without the name of the file, which stands before it here.
    throw (error as Error).cause ?? error
  }
}

/** A key that comes twice, or that Helm does not know. */
function strictProblem(text: string): string | undefined {
  const prefix = 'failed to strictly parse chart metadata file\n\t'
  try {
    const field = unknownMetadataField(parse(text, { duplicateKeys: 'error' }))
    if (field === undefined) return undefined
    return `${prefix}error unmarshaling JSON: while decoding JSON: json: unknown field ${quote(field)}`
  } catch (error) {
    return prefix + (error as Error).message
  }
}

function nameProblem({ name = '' }: RawMetadata): string | undefined {
  if (name === '') return 'name is required'
  return baseName(name) === name ? undefined : `chart name ${quote(name)} is invalid`
}

function apiVersionProblem({ apiVersion = '' }: RawMetadata): string | undefined {
  const wanted = 'The value must be either "v1" or "v2"'
  if (apiVersion === '') return `apiVersion is required. ${wanted}`
  return apiVersion === 'v1' || apiVersion === 'v2' ? undefined : `apiVersion '${apiVersion}' is not valid. ${wanted}`
}

function typeProblem(text: string, field: 'version' | 'appVersion'): string | undefined {
  const document = readTypedYaml(text)
  if (!isTable(document) || !Object.hasOwn(document, field) || typeof document[field] === 'string') return undefined
  return `${field} should be of type string but it's of type ${goType(document[field])}`
}

/** Numbers of YAML become those of JSON before Helm looks. */
function goType(value: unknown): string {
  if (value === null) return '<nil>'
  if (Array.isArray(value)) return '[]interface {}'
  if (isTable(value)) return 'map[string]interface {}'
  return typeof value === 'boolean' ? 'bool' : 'float64'
}

const lowest = parseVersion('0.0.0-0')

function versionProblem({ version = '' }: RawMetadata): string | undefined {
  if (version === '') return 'version is required'
  if (!isVersion(version)) return `version '${version}' is not a valid SemVer`
  if (compareVersions(parseVersion(version), lowest) > 0) return undefined
  return `version ${version} is less than or equal to 0.0.0-0`
}

const strictVersion = /^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/

/** All three numbers, and no `v`: Helm itself accepts less. */
function strictVersionProblem({ version = '' }: RawMetadata): string | undefined {
  const leadingZero = version
    .split(/[-+]/, 1)[0]
    ?.split('.')
    .some((part) => /^0\d/.test(part))
  if (strictVersion.test(version) && isVersion(version) && !leadingZero) return undefined
  return `version '${version}' is not a valid SemVerV2`
}

function maintainerProblem(maintainers: readonly (Maintainer | null)[]): string | undefined {
  for (const maintainer of maintainers) {
    if (maintainer === null) return 'a maintainer entry is empty'
    const { name = '', email = '', url = '' } = maintainer
    if (name === '') return 'each maintainer requires a name'
    if (email !== '' && !isEmail(email)) return `invalid email '${email}' for maintainer '${name}'`
    if (url !== '' && !isUrl(url)) return `invalid url '${url}' for maintainer '${name}'`
  }
  return undefined
}

function sourceProblem({ sources = [] }: RawMetadata): string | undefined {
  const wrong = sources.find((source) => !isRequestUrl(source))
  return wrong === undefined ? undefined : `invalid source URL '${wrong}'`
}

function onlySince2({ apiVersion = '', type = '', dependencies = [] }: RawMetadata): string[] {
  if (apiVersion === 'v2') return []
  return [
    ...(type === '' ? [] : [`chart type is not valid in apiVersion '${apiVersion}'. It is valid in apiVersion 'v2'`]),
    ...(dependencies.length === 0
      ? []
      : [
          `dependencies are not valid in the Chart file with apiVersion '${apiVersion}'. They are valid in apiVersion 'v2'`,
        ]),
  ]
}
