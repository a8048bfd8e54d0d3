import { notAcceptable, unsupportedMediaType } from './status.ts'

/** In which form objects are answered. */
export interface OutputForm {
  as: 'object' | 'Table' | 'PartialObjectMetadata'
  /** Of a Table or of PartialObjectMetadata. */
  apiVersion: MetaVersion
  yaml: boolean
  contentType: string
}

/** Both serve the same; old clients ask for the second (apiserver's AllowsMediaTypeTransform). */
export type MetaVersion = 'meta.k8s.io/v1' | 'meta.k8s.io/v1beta1'

const JSON_TYPES = new Set(['application/json', 'application/*', '*/*'])

const OUTPUT_TYPES = ['application/json', 'application/yaml']
const ALL_FORMS: OutputForm['as'][] = ['object', 'Table', 'PartialObjectMetadata']

/**
 * The first acceptable form of an Accept header. Protobuf is not offered: clients that prefer it name JSON second.
 * Throws 406 when none of the forms is.
 */
export function negotiateOutput(accept: string | undefined, forms = ALL_FORMS): OutputForm {
  const wanted = byPreference(accept?.trim() ? accept : '*/*')
  for (const { type, parameters } of wanted) {
    if (JSON_TYPES.has(type)) {
      const form = formOf(parameters)
      if (form && forms.includes(form.as)) return form
    } else if (type === 'application/yaml') {
      return { as: 'object', apiVersion: 'meta.k8s.io/v1', yaml: true, contentType: 'application/yaml' }
    }
  }
  throw notAcceptable(OUTPUT_TYPES)
}

interface Clause {
  type: string
  parameters: Record<string, string>
  quality: number
}

/** The clauses of an Accept header, best first (RFC 9110 section 12.5.1). */
export function byPreference(accept: string): Clause[] {
  const clauses = accept.split(',').map((text) => {
    const [type = '', ...pairs] = text.split(';').map((part) => part.trim())
    const parameters = Object.fromEntries(pairs.map((pair) => pair.split('=', 2).map((part) => part.trim())))
    return { type: type.toLowerCase(), parameters, quality: Number(parameters.q ?? 1) }
  })
  return clauses.filter((clause) => clause.quality > 0).sort((a, b) => b.quality - a.quality)
}

const META_KINDS: Partial<Record<string, OutputForm['as']>> = {
  Table: 'Table',
  PartialObjectMetadata: 'PartialObjectMetadata',
  PartialObjectMetadataList: 'PartialObjectMetadata',
}

function formOf({ as: kind, g: group, v: version }: Record<string, string>): OutputForm | undefined {
  if (!kind) return { as: 'object', apiVersion: 'meta.k8s.io/v1', yaml: false, contentType: 'application/json' }
  const as = META_KINDS[kind]
  if (!as || group !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) return undefined
  return { as, apiVersion: `meta.k8s.io/${version}`, yaml: false, contentType: 'application/json' }
}

export type BodyFormat = 'json' | 'yaml' | 'protobuf'

const BODY_FORMATS: Record<string, BodyFormat> = {
  '': 'json',
  'application/json': 'json',
  'application/yaml': 'yaml',
  'application/vnd.kubernetes.protobuf': 'protobuf',
}

/** How a body that holds an object is written; without a Content-Type it is JSON. Throws 415. */
export function bodyFormatOf(contentType: string | undefined): BodyFormat {
  const format = BODY_FORMATS[mediaType(contentType)]
  if (!format) throw unsupportedMediaType(Object.keys(BODY_FORMATS).filter(Boolean))
  return format
}

export type PatchKind = 'json' | 'merge' | 'strategic' | 'apply'

const PATCH_TYPES: Record<string, PatchKind> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
}

/** The kind of a patch. Custom resources have no strategic merge. */
export function patchKindOf(contentType: string | undefined, custom: boolean): PatchKind {
  const kind = PATCH_TYPES[mediaType(contentType)]
  if (kind && !(custom && kind === 'strategic')) return kind
  throw unsupportedMediaType(Object.keys(PATCH_TYPES).filter((type) => !(custom && PATCH_TYPES[type] === 'strategic')))
}

function mediaType(contentType: string | undefined): string {
  return (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
}
