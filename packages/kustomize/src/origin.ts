import { parse, stringifyV3 } from '@slipway/go-yaml'
import { ORIGIN } from './res-map.ts'
import type { Resource } from './resource.ts'

// What `buildMetadata` has written into annotations (api/resource/origin.go).

export const TRANSFORMATIONS = 'alpha.config.kubernetes.io/transformations'

/** Where an object comes from, or what has changed it. */
export interface Origin {
  readonly path?: string
  readonly configuredIn?: string
  readonly configuredBy?: { apiVersion: string; kind: string; name?: string; namespace?: string }
}

/** A path below another, or beside it: these may lead out of the tree. */
export function originPath(base: string, path: string): string {
  const parts: string[] = []
  for (const part of `${base}/${path}`.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop()
    else parts.push(part)
  }
  return parts.join('/')
}

export function printOrigin(origin: Origin): string {
  return stringifyV3(ordered(origin))
}

/** Maps keep the order of their fields. */
function ordered({ path, configuredIn, configuredBy }: Origin): Map<string, unknown> {
  const fields = new Map<string, unknown>()
  if (path) fields.set('path', path)
  if (configuredIn) fields.set('configuredIn', configuredIn)
  if (configuredBy) {
    const { apiVersion, kind, name, namespace } = configuredBy
    const by = Object.entries({ apiVersion, kind, name, namespace }).filter(([, value]) => value)
    fields.set('configuredBy', new Map(by))
  }
  return fields
}

/** Notes who made objects, unless that is known. */
export function noteGenerator(resources: readonly Resource[], origin: Origin): void {
  for (const resource of resources) {
    const annotations = resource.texts('annotations')
    if (annotations[ORIGIN] === undefined) {
      resource.setTexts('annotations', { ...annotations, [ORIGIN]: printOrigin(origin) })
    }
  }
}

/** Notes what has changed objects; what has no origin was made by it. */
export function noteTransformer(resources: readonly Resource[], origin: Origin): void {
  for (const resource of resources) {
    const annotations = resource.texts('annotations')
    if (annotations[ORIGIN] === undefined) {
      noteGenerator([resource], origin)
      continue
    }
    const list = `${annotations[TRANSFORMATIONS] ?? ''}${stringifyV3([ordered(origin)])}`
    resource.setTexts('annotations', { ...annotations, [TRANSFORMATIONS]: list })
  }
}

/** Who configured a plug-in: the origin of its configuration, and what it is. */
export function pluginOrigin(resource: Resource): Origin | undefined {
  const text = resource.texts('annotations')[ORIGIN]
  if (text === undefined) return undefined
  const { path } = parse(text) as { path?: string }
  const { apiVersion, kind, name, namespace } = resource
  return { ...(path && { configuredIn: path }), configuredBy: { apiVersion, kind, name, namespace } }
}

/** Takes notes away that nobody asked for; annotations become texts, and none at all where none is left. */
export function dropNotes(resources: readonly Resource[], buildMetadata: readonly string[]): void {
  const unwanted = [
    ...(buildMetadata.includes('originAnnotations') ? [] : [ORIGIN]),
    ...(buildMetadata.includes('transformerAnnotations') ? [] : [TRANSFORMATIONS]),
  ]
  for (const resource of resources) {
    const annotations = resource.texts('annotations')
    const isNoted = Object.keys(annotations).length > 0 || resource.hasNotes
    for (const name of isNoted ? [...READERS, ...unwanted] : unwanted) delete annotations[name]
    if (unwanted.length > 0 || isNoted) resource.setTexts('annotations', annotations)
  }
}

/** Notes of those who read and write files, which kustomize takes for its own. */
const READERS = [
  ...['path', 'index', 'id'].flatMap((name) => [
    `internal.config.kubernetes.io/${name}`,
    `config.kubernetes.io/${name}`,
  ]),
  ...['seqindent', 'annotations-migration-resource-id'].map((name) => `internal.config.kubernetes.io/${name}`),
]
