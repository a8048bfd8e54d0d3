import { groupVersionOf, type KubeObject, objectId, refString } from '@slipway/kube-objects'
import { type Failure, GROUP, type Kustomization } from '../kustomization/kustomization-kind.ts'
import type { Rendered, RenderedObject } from './render.ts'

/** An object as it shall be in the cluster. */
export interface DesiredObject extends RenderedObject {
  id: string
}

/** Whether a kind is namespaced; undefined when the cluster does not have it. */
export type ScopeOf = (kind: { apiVersion: string; kind: string }) => boolean | undefined

/** The objects with namespace and owner labels, and what is wrong with the rest. */
export function desiredObjects(
  rendered: Rendered,
  kustomization: Kustomization,
  scopeOf: ScopeOf,
): { objects: DesiredObject[]; failures: Failure[] } {
  const fromPush = scopesOfDefinitions(rendered.objects)
  const objects = new Map<string, DesiredObject>()
  const failures: Failure[] = []
  for (const source of rendered.objects) {
    const { object, file, line } = source
    const namespaced = scopeOf(object) ?? fromPush(object)
    const fail = (named: KubeObject, reason: string): void =>
      void failures.push({ file, line, object: refString(named), reason })
    if (namespaced === undefined) {
      fail(
        object,
        `no matches for kind "${object.kind}" in version "${object.apiVersion}"; ensure its CustomResourceDefinition is installed first`,
      )
      continue
    }
    if (!object.metadata.name) {
      fail(object, 'metadata.generateName is not supported: an object that is applied needs a name')
      continue
    }
    const desired = { ...source, object: placed(source, kustomization, namespaced) }
    const id = objectId(desired.object)
    const twin = objects.get(id)
    if (twin) fail(desired.object, `defined twice: ${twin.file}:${twin.line} is used, ${file}:${line} is not`)
    else objects.set(id, { ...desired, id })
  }
  return { objects: [...objects.values()], failures }
}

/** Where an object comes from, so that whoever finds a fault in it later can name the file and line. */
const SOURCE = 'slipway.dev/source'

function placed({ object, file, line }: RenderedObject, kustomization: Kustomization, namespaced: boolean): KubeObject {
  const { namespace, labels, annotations, ...metadata } = object.metadata
  const owner = kustomization.metadata
  return {
    ...object,
    metadata: {
      ...metadata,
      ...(namespaced && { namespace: namespace || kustomization.spec.targetNamespace || 'default' }),
      annotations: { ...annotations, [SOURCE]: `${file}:${line}` },
      labels: { ...labels, [`${GROUP}/name`]: owner.name, [`${GROUP}/namespace`]: owner.namespace ?? 'default' },
    },
  }
}

/** Scopes of kinds whose definitions are in the same push. */
function scopesOfDefinitions(objects: readonly RenderedObject[]): ScopeOf {
  const scopes = new Map<string, boolean>()
  for (const { object } of objects) {
    if (object.kind !== 'CustomResourceDefinition') continue
    const { group, names, scope } = object.spec ?? {}
    scopes.set(`${group}/${names?.kind}`, scope === 'Namespaced')
  }
  return ({ apiVersion, kind }) => scopes.get(`${groupVersionOf(apiVersion).group}/${kind}`)
}
