import { UserError } from '@slipway/errors'
import { compareStrings, TextCache } from '@slipway/go-template'
import { baseName } from '../chart/path.ts'
import type { Compat } from '../compat.ts'
import { trimSpace } from '../functions/text.ts'
import { decodeStruct, type StructType } from '../json/decode.ts'
import type { Notify } from '../notice.ts'
import type { Values } from '../values/value.ts'
import { readTypedYaml } from '../yaml.ts'
import { compareForHelm3Install, compareForInstall } from './kind-order.ts'

/** What Helm reads of a manifest. */
export interface ManifestHead {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly annotations: Readonly<Record<string, string>>
}

/** One object that a chart rendered. */
export interface Manifest {
  /** The template it came from, as `# Source:` shows it. */
  readonly source: string
  readonly head: ManifestHead
  /** Its YAML without separators. */
  readonly content: string
}

export type HookEvent =
  | 'pre-install'
  | 'post-install'
  | 'pre-delete'
  | 'post-delete'
  | 'pre-upgrade'
  | 'post-upgrade'
  | 'pre-rollback'
  | 'post-rollback'
  | 'test'

/** An object that runs at a certain time instead of being part of the release. */
export interface Hook extends Manifest {
  readonly events: readonly HookEvent[]
  readonly weight: number
  /** `hook-succeeded`, `hook-failed`, `before-hook-creation`. */
  readonly deletePolicies: readonly string[]
  readonly outputLogPolicies: readonly string[]
}

/** A chart's objects in the order in which Helm installs them. */
export interface SortedManifests {
  readonly manifests: readonly Manifest[]
  readonly hooks: readonly Hook[]
}

const events: Record<string, HookEvent> = {
  'pre-install': 'pre-install',
  'post-install': 'post-install',
  'pre-delete': 'pre-delete',
  'post-delete': 'post-delete',
  'pre-upgrade': 'pre-upgrade',
  'post-upgrade': 'post-upgrade',
  'pre-rollback': 'pre-rollback',
  'post-rollback': 'post-rollback',
  test: 'test',
  // Helm 2's name.
  'test-success': 'test',
}

/** Splits rendered files into objects and sorts them. Throws UserError CHART_MANIFEST_INVALID with Helm's text. */
export function sortManifests(
  files: ReadonlyMap<string, string>,
  compat: Compat = 'helm4',
  notify?: Notify,
): SortedManifests {
  const manifests: Manifest[] = []
  const hooks: Hook[] = []
  for (const source of [...files.keys()].sort(compareStrings)) {
    const text = files.get(source) ?? ''
    if (baseName(source).startsWith('_') || trimSpace(text) === '') continue
    for (const content of splitManifests(text)) {
      const manifest = { source, head: readHead(source, content, compat), content }
      const kinds = manifest.head.annotations['helm.sh/hook']
      if (kinds === undefined) manifests.push(manifest)
      else {
        const hook = hookOf(manifest, kinds)
        if (hook) hooks.push(hook)
        else notify?.({ level: 'INFO', message: 'skipping unknown hooks', fields: { hookTypes: kinds } })
      }
    }
  }
  const compare = compat === 'helm3' ? compareForHelm3Install : compareForInstall
  const byKind = (a: Manifest, b: Manifest) => compare(a.head.kind, b.head.kind)
  return { manifests: manifests.sort(byKind), hooks: hooks.sort(byKind) }
}

function nextMark(stream: string, from: number): number {
  return stream.indexOf('\n---', from)
}

function isSeparatorSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09 || code === 0x0c
}

function spacesBefore(stream: string, end: number, start: number): number {
  let at = end
  while (at > start && isSeparatorSpace(stream.charCodeAt(at - 1))) at--
  return at
}

function spacesAfter(stream: string, start: number): number {
  let at = start
  while (isSeparatorSpace(stream.charCodeAt(at))) at++
  return at
}

/** The documents of a YAML stream as Helm splits them, which is by text and not by YAML's rules. */
export function splitManifests(text: string): string[] {
  const stream = trimSpace(text)
  const documents: string[] = []
  let start = 0
  for (let at = stream.startsWith('---') ? 0 : nextMark(stream, 0); at >= 0; at = nextMark(stream, start)) {
    documents.push(stream.slice(start, spacesBefore(stream, at, start)))
    const mark = stream.indexOf('---', at)
    start = spacesAfter(stream, mark + '---'.length)
  }
  documents.push(stream.slice(start))
  // Only what is between two separators counts as empty; a document of spaces stays one.
  return documents.filter((document) => document !== '').map(trimSpace)
}

/** Controllers render the same manifests again and again; reading their heads is a third of the work. */
const heads = new TextCache<ManifestHead>(16 * 1024 * 1024)

function readHead(source: string, content: string, compat: Compat): ManifestHead {
  const known = heads.get(content)
  if (known) return known
  const head = parseHead(source, content, compat)
  heads.set(content, head)
  return head
}

const goMetadata = 'struct { Name string "json:\\"name\\""; Annotations map[string]string "json:\\"annotations\\"" }'

function headType(goPackage: string): StructType {
  return {
    struct: `${goPackage}.SimpleHead`,
    fields: {
      apiVersion: 'string',
      kind: 'string',
      metadata: { struct: goMetadata, fields: { name: 'string', annotations: { map: 'string' } } },
    },
  }
}

const headTypes: Readonly<Record<Compat, StructType>> = { helm3: headType('releaseutil'), helm4: headType('util') }

function parseHead(source: string, content: string, compat: Compat): ManifestHead {
  try {
    const { apiVersion = '', kind = '', metadata } = decodeStruct(readTypedYaml(content), headTypes[compat])
    const { name = '', annotations = {} } = (metadata as Values | undefined) ?? {}
    return { apiVersion, kind, name, annotations } as ManifestHead
  } catch (error) {
    throw manifestError(source, error instanceof Error ? error.message : String(error), error)
  }
}

function manifestError(source: string, problem: string, cause?: unknown): UserError {
  return new UserError('CHART_MANIFEST_INVALID', `YAML parse error on ${source}: ${problem}`, {
    ...(cause !== undefined && { cause }),
  })
}

// Helm leaves out an object with an event it does not know.
function hookOf(manifest: Manifest, kinds: string): Hook | undefined {
  const names = kinds.split(',').map((name) => events[trimSpace(name).toLowerCase()])
  if (names.includes(undefined)) return undefined
  const { annotations } = manifest.head
  return {
    ...manifest,
    events: names as HookEvent[],
    weight: weightOf(annotations['helm.sh/hook-weight']),
    deletePolicies: listAnnotation(annotations['helm.sh/hook-delete-policy']),
    outputLogPolicies: listAnnotation(annotations['helm.sh/hook-output-log-policy']),
  }
}

// What strconv.Atoi does not read is 0.
function weightOf(text = ''): number {
  const weight = /^[+-]?\d+$/.test(text) ? BigInt(text) : 0n
  return BigInt.asIntN(64, weight) === weight ? Number(weight) : 0
}

function listAnnotation(value: string | undefined): string[] {
  return value === undefined ? [] : value.split(',').map((item) => trimSpace(item).toLowerCase())
}

/** The text of manifests as `helm template` and `helm get manifest` print it. */
export function manifestText(manifests: readonly Pick<Manifest, 'source' | 'content'>[]): string {
  return manifests.map(({ source, content }) => `---\n# Source: ${source}\n${content}\n`).join('')
}
