import { KyamlProblem, kyamlOfJson, readKyaml } from '@slipway/go-yaml'
import { goText, type JsonObject } from '@slipway/kube-objects'
import { KustomizeError } from './fault.ts'
import type { LoadedFile, Loader } from './loader.ts'
import { Resource } from './resource.ts'
import type { OpenApi } from './schema/openapi.ts'
import { textOfFile } from './tree.ts'
import { isEmpty, isMap, isNull, plain, textOf } from './values.ts'

interface Read {
  value: JsonObject
  line: number
  problem?: string | undefined
}

/** Makes resources of texts (api/resource, Factory). */
export class ResourceFactory {
  readonly openApi: OpenApi
  readonly sha256: (text: string) => string

  constructor(openApi: OpenApi, sha256: (text: string) => string) {
    this.openApi = openApi
    this.sha256 = sha256
  }

  /** The objects of a file that a kustomization names. */
  fromFile(loader: Loader, name: string): Resource[] {
    const file = loader.load(name)
    try {
      return this.fromLoaded(file)
    } catch (error) {
      if (!(error instanceof KustomizeError) || !isMalformed(error)) throw error
      const told = `${error.told} in File: ${name}`
      throw new KustomizeError('YAML_INVALID', error.message, { told, ...(error.at && { at: error.at }) })
    }
  }

  fromLoaded({ path, content }: LoadedFile): Resource[] {
    return this.fromText(textOfFile(content), path)
  }

  /** The objects of a text; those of lists come last. Throws KustomizeError. */
  fromText(text: string, file: string): Resource[] {
    return inlined(read(text, file), file).map(({ value, line, problem }) => {
      return new Resource(value, { file, line }, this.openApi, problem)
    })
  }
}

/** Whether a text is no YAML at all, which kustomize tells apart from what is no object. */
export function isMalformed(error: unknown): boolean {
  return error instanceof KustomizeError && error.told.includes('MalformedYAMLError')
}

function read(text: string, file: string): Read[] {
  try {
    const documents = readKyaml(text)
    const [only] = documents
    const unwrapped = documents.length === 1 && only ? itemsOfList(only.value) : undefined
    if (unwrapped) return unwrapped.flatMap((value) => checked({ value, line: only?.line ?? 1 }, file))
    return documents.flatMap((document) => checked(document, file))
  } catch (error) {
    if (!(error instanceof KyamlProblem)) throw error
    throw new KustomizeError('YAML_INVALID', error.message, { at: { file, line: error.line }, cause: error })
  }
}

/** A List that stands alone in its file is only its items (kio.ByteReader). */
function itemsOfList(value: unknown): unknown[] | undefined {
  if (!isMap(value) || !['List', 'ResourceList'].includes(textOf(value.kind))) return undefined
  if (!('items' in value)) return 'functionConfig' in value ? [] : undefined
  return Array.isArray(value.items) ? value.items : []
}

function checked(
  { value, line, problem }: { value: unknown; line: number; problem?: string | undefined },
  file: string,
): Read[] {
  if (isEmpty(value)) return []
  const at = { file, line }
  const { apiVersion, kind, metadata } = isMap(value) ? value : ({} as JsonObject)
  const { name, namespace, labels, annotations } = isMap(metadata) ? metadata : ({} as JsonObject)
  if ([apiVersion, kind, metadata].every(isEmpty)) {
    throw new KustomizeError('KUSTOMIZE_INVALID', 'a resource needs apiVersion, kind and metadata.name', {
      at,
      told: 'missing Resource metadata',
    })
  }
  const shown = (field: unknown): string => (isNull(field) ? '' : textOf(field))
  const inGo = `{{${shown(apiVersion)} ${shown(kind)}} {{${shown(name)} ${shown(namespace)}} ${goMap(labels)} ${goMap(annotations)}}}`
  if (shown(kind) === '') throw new KustomizeError('KUSTOMIZE_INVALID', `missing kind in object ${inGo}`, { at })
  if (shown(name) === '' && !shown(kind).endsWith('List')) {
    throw new KustomizeError('KUSTOMIZE_INVALID', 'a resource needs apiVersion, kind and metadata.name', {
      at,
      told: `missing metadata.name in object ${inGo}`,
    })
  }
  return [{ value: value as JsonObject, line, problem }]
}

const goMap = (value: unknown): string => goText(isMap(value) ? plain(value) : {})

function inlined(reads: Read[], file: string): Read[] {
  const result: Read[] = []
  // Lists may hold lists: what they hold goes to the end of the queue.
  for (let i = 0; i < reads.length; i++) {
    const { value, line } = reads[i] as Read
    const kind = textOf(value.kind)
    if (!kind.endsWith('List') || !('items' in value)) {
      result.push(reads[i] as Read)
      continue
    }
    const { items } = value
    if (isNull(items)) continue
    if (!Array.isArray(items)) {
      throw new KustomizeError(
        'KUSTOMIZE_INVALID',
        `expected array in ${kind}/items, but found ${isMap(items) ? 'map[string]interface {}' : 'string'}`,
        { at: { file, line } },
      )
    }
    for (const item of items) reads.push(...checked({ value: kyamlOfJson(plain(item)), line }, file))
  }
  return result
}
