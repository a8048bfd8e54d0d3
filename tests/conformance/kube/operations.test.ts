import { describe, expect, it } from 'vitest'
import { call, MERGE, useCluster, watch } from './cluster.ts'
import { KINDS, type Kind } from './kinds.ts'

const place = useCluster()
const run = Math.random().toString(36).slice(2, 8)
const label = `conformance=${run}`
const named = (kinds: Kind[]) => kinds.map((kind) => [kind.name, kind] as const)

const collection = ({ group, plural, namespaced }: Kind) =>
  `${group}/${namespaced ? `namespaces/${place.namespace}/` : ''}${plural}`

const nameOf = ({ objectName }: Kind, part: string) => objectName?.(`${run}${part}`) ?? `conformance-${run}-${part}`

const objectOf = (kind: Kind, part: string) => ({
  metadata: { name: nameOf(kind, part), labels: { conformance: run } },
  ...(typeof kind.content === 'function' ? kind.content(place.namespace) : structuredClone(kind.content)),
})

// The operations that Kubernetes' API conventions give every type.
describe.each(named(KINDS))('%s', (_, kind) => {
  it('is created, read, listed, changed, replaced and deleted, and a watch sees it', async () => {
    const path = collection(kind)
    const first = await call('POST', path, { body: objectOf(kind, 'a') })
    expect(first.body).toMatchObject({
      metadata: { name: nameOf(kind, 'a'), uid: expect.any(String), resourceVersion: expect.any(String) },
    })
    expect(first.status).toBe(201)
    const stream = await watch(
      `${path}?watch=true&labelSelector=${label}&resourceVersion=${first.body.metadata.resourceVersion}`,
    )

    const again = await call('POST', path, { body: objectOf(kind, 'a') })
    expect(again.body).toMatchObject({ reason: 'AlreadyExists', code: 409 })
    expect((await call('GET', `${path}/${nameOf(kind, 'a')}`)).body.metadata.uid).toBe(first.body.metadata.uid)
    const list = await call('GET', `${path}?labelSelector=${label}`)
    expect(list.body.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual([
      nameOf(kind, 'a'),
    ])

    const patched = await call('PATCH', `${path}/${nameOf(kind, 'a')}`, {
      type: MERGE,
      body: { metadata: { annotations: { patched: 'yes' } } },
    })
    expect(patched.body.metadata).toMatchObject({ annotations: { patched: 'yes' } })
    const { body: current } = await call('GET', `${path}/${nameOf(kind, 'a')}`)
    current.metadata.annotations.updated = 'yes'
    delete current.metadata.resourceVersion
    const updated = await call('PUT', `${path}/${nameOf(kind, 'a')}`, {
      body: {
        ...current,
        metadata: {
          ...current.metadata,
          resourceVersion: (await call('GET', `${path}/${nameOf(kind, 'a')}`)).body.metadata.resourceVersion,
        },
      },
    })
    expect(updated.body).toMatchObject({ metadata: { annotations: { patched: 'yes', updated: 'yes' } } })

    const deleted = await call('DELETE', `${path}/${nameOf(kind, 'a')}`, { body: { propagationPolicy: 'Background' } })
    expect([200, 202]).toContain(deleted.status)
    const seen: string[] = []
    let last = { type: '', object: { metadata: { annotations: {} as Record<string, string> } } }
    while (last.type !== 'DELETED') {
      last = await stream.next()
      seen.push(last.type)
      if (kind.plural === 'persistentvolumes' || kind.plural === 'persistentvolumeclaims') break
    }
    expect(seen[0]).toBe('MODIFIED')
    stream.close()
  })

  it('is deleted as a collection', async () => {
    const path = collection(kind)
    for (const part of ['b', 'c']) expect((await call('POST', path, { body: objectOf(kind, part) })).status).toBe(201)

    const deleted = await call('DELETE', `${path}?labelSelector=${label}`, {
      body: { propagationPolicy: 'Background' },
    })

    expect(deleted.status).toBe(200)
    const left = async () =>
      (await call('GET', `${path}?labelSelector=${label}`)).body.items.filter(
        ({ metadata }: { metadata: { deletionTimestamp?: string } }) => !metadata.deletionTimestamp,
      )
    await expect.poll(left).toEqual([])
  })
})

describe.each(named(KINDS.filter(({ status }) => status)))('%s', (_, kind) => {
  it('has a status of its own', async () => {
    const path = collection(kind)
    const name = nameOf(kind, 'd')
    await call('POST', path, { body: { ...objectOf(kind, 'd'), status: kind.status } })

    const answer = await call('PATCH', `${path}/${name}/status`, {
      type: MERGE,
      body: { metadata: { annotations: { status: 'yes' } }, status: kind.status },
    })

    expect(answer.status).toBe(200)
    expect(answer.body.status).toMatchObject(kind.status ?? {})
    expect(answer.body.metadata.annotations.status).toBe('yes')
    expect((await call('GET', `${path}/${name}/status`)).body.metadata.uid).toBe(answer.body.metadata.uid)
    await call('DELETE', `${path}/${name}`)
  })
})
