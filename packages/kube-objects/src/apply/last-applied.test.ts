import { describe, expect, it } from 'vitest'
import { applyConfiguration, type KubeObject, schemaFor, trackUpdate } from '../index.ts'

const ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration'
const now = '2026-01-01T00:00:00Z'
const schema = schemaFor({ apiVersion: 'v1', kind: 'ConfigMap' })

function configMap(data: Record<string, string>, annotations?: Record<string, string>): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', ...(annotations && { annotations }) }, data }
}

/** As `kubectl apply` without --server-side leaves it. */
function clientSideApplied(data: Record<string, string>): KubeObject {
  const after = configMap(data, { [ANNOTATION]: `${JSON.stringify(configMap(data))}\n` })
  return trackUpdate({ before: undefined, after, manager: 'kubectl-client-side-apply', now, schema })
}

const apply = (live: KubeObject, applied: KubeObject, manager = 'kubectl', force = false) =>
  applyConfiguration({ live, applied, manager, force, now, schema })

describe('applyConfiguration, after client-side apply', () => {
  const live = clientSideApplied({ key: 'old', other: 'x' })

  it('lets kubectl go on without a conflict, and keeps the annotation up to date', () => {
    const { object, conflicts } = apply(live, configMap({ key: 'a<b' }))
    expect(conflicts).toEqual([])
    expect(object).toMatchObject({ data: { key: 'a<b', other: 'x' } })
    expect(object.metadata.annotations?.[ANNOTATION]).toBe(
      '{"apiVersion":"v1","data":{"key":"a\\u003cb"},"kind":"ConfigMap","metadata":{"name":"a"}}\n',
    )
  })

  it('gives back the live object itself when the same comes again', () => {
    const { object } = apply(live, configMap({ key: 'new' }))
    expect(apply(object, configMap({ key: 'new' })).object).toBe(object)
  })

  it('leaves out itself and keeps the other annotations that were applied', () => {
    const { object } = apply(live, configMap({ key: 'old' }, { [ANNOTATION]: 'mine', team: 'a' }), 'kubectl', true)
    expect(JSON.parse(object.metadata.annotations?.[ANNOTATION] ?? '')).toMatchObject({
      metadata: { annotations: { team: 'a' } },
    })
  })

  it('goes without an annotation that would make the annotations too large', () => {
    const { object } = apply(live, configMap({ key: 'x'.repeat(256 * 1024) }))
    expect(object.metadata.annotations).toEqual({})
  })

  it.each([
    ['another manager', live, 'not-kubectl'],
    ['a field that someone changed since', { ...live, data: { key: 'edited', other: 'x' } }, 'kubectl'],
    ['an annotation of another version', annotated('{"apiVersion":"v2","kind":"ConfigMap","metadata":{"name":"a"}}')],
    ['an annotation that is no object', annotated('nonsense')],
  ])('conflicts as ever with %s', (_, before, manager = 'kubectl') => {
    expect(apply(before, configMap({ key: 'new' }), manager).conflicts).toMatchObject([{ field: '.data.key' }])
  })

  function annotated(text: string): KubeObject {
    return { ...live, metadata: { ...live.metadata, annotations: { [ANNOTATION]: text } } }
  }

  it('writes no annotation where there was none', () => {
    const { object } = apply(configMap({ key: 'old' }), configMap({ key: 'old' }))
    expect(object.metadata.annotations).toBeUndefined()
  })
})
