import { describe, expect, it } from 'vitest'
import { call, MERGE, useCluster, watch } from './cluster.ts'
import { KINDS, type Kind } from './kinds.ts'

const place = useCluster()
const collection = ({ group, plural, namespaced }: Kind) =>
  `${group}/${namespaced ? `namespaces/${place.namespace}/` : ''}${plural}`

// The operations that Kubernetes' API conventions give every type.
describe.each(KINDS.map((kind) => [kind.name, kind] as const))('%s', (_, kind) => {
  const suffix = Math.random().toString(36).slice(2, 8)
  const nameOf = (part: string) => kind.objectName?.(`${suffix}${part}`) ?? `conformance-${suffix}-${part}`
  const label = `conformance=${suffix}`
  const object = (part: string) => ({
    metadata: { name: nameOf(part), labels: { conformance: suffix } },
    ...structuredClone(kind.content),
  })

  it('is created, read, listed, changed, replaced and deleted, and a watch sees it', async () => {
    const path = collection(kind)
    const first = await call('POST', path, { body: object('a') })
    expect(first.body).toMatchObject({
      metadata: { name: nameOf('a'), uid: expect.any(String), resourceVersion: expect.any(String) },
    })
    expect(first.status).toBe(201)
    const stream = await watch(
      `${path}?watch=true&labelSelector=${label}&resourceVersion=${first.body.metadata.resourceVersion}`,
    )

    const again = await call('POST', path, { body: object('a') })
    expect(again.body).toMatchObject({ reason: 'AlreadyExists', code: 409 })
    expect((await call('GET', `${path}/${nameOf('a')}`)).body.metadata.uid).toBe(first.body.metadata.uid)
    const list = await call('GET', `${path}?labelSelector=${label}`)
    expect(list.body.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual([nameOf('a')])

    const patched = await call('PATCH', `${path}/${nameOf('a')}`, {
      type: MERGE,
      body: { metadata: { annotations: { patched: 'yes' } } },
    })
    expect(patched.body.metadata).toMatchObject({ annotations: { patched: 'yes' } })
    const { body: current } = await call('GET', `${path}/${nameOf('a')}`)
    current.metadata.annotations.updated = 'yes'
    delete current.metadata.resourceVersion
    const updated = await call('PUT', `${path}/${nameOf('a')}`, {
      body: {
        ...current,
        metadata: {
          ...current.metadata,
          resourceVersion: (await call('GET', `${path}/${nameOf('a')}`)).body.metadata.resourceVersion,
        },
      },
    })
    expect(updated.body).toMatchObject({ metadata: { annotations: { patched: 'yes', updated: 'yes' } } })

    const deleted = await call('DELETE', `${path}/${nameOf('a')}`, { body: { propagationPolicy: 'Background' } })
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
    for (const part of ['b', 'c']) expect((await call('POST', path, { body: object(part) })).status).toBe(201)

    const deleted = await call('DELETE', `${path}?labelSelector=${label}`, {
      body: { propagationPolicy: 'Background' },
    })

    expect(deleted.status).toBe(200)
    const left = async () =>
      (await call('GET', `${path}?labelSelector=${label}`)).body.items.filter(
        ({ metadata }: { metadata: { deletionTimestamp?: string } }) => !metadata.deletionTimestamp,
      )
    await expect.poll(left, { timeout: 10_000 }).toEqual([])
  })

  it.runIf(kind.status)('has a status of its own', async () => {
    const path = collection(kind)
    const name = nameOf('d')
    await call('POST', path, { body: { ...object('d'), status: kind.status } })

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
