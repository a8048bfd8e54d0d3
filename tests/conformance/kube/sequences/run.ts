import { type Answer, APPLY, JSON_PATCH, MERGE, type Send, STRATEGIC } from '../cluster.ts'
import type { Sequence, Step } from './generate.ts'
import { SUBJECTS } from './subjects.ts'

/** What a step led to: a refusal, or the object without what differs from server to server. */
export type Result = { code: number; message: string } | { code: number; object: unknown }

const TYPES = { apply: APPLY, merge: MERGE, strategic: STRATEGIC, json: JSON_PATCH }

/** Carries out the steps on an object of its own, which is gone afterwards. */
export async function run({ seed, subject: name, steps }: Sequence, namespace: string, send: Send): Promise<Result[]> {
  const subject = SUBJECTS.find((one) => one.name === name)
  if (!subject) throw new Error(`no subject ${name}`)
  const root = subject.apiVersion.includes('/') ? 'apis' : 'api'
  const path = `/${root}/${subject.apiVersion}/namespaces/${namespace}/${subject.path}/s${seed}`
  const results: Result[] = []
  for (const step of steps) results.push(resultOf(await carryOut(step, path, `s${seed}`, send), namespace))
  await send('PATCH', path, { type: MERGE, body: { metadata: { finalizers: null } } })
  await send('DELETE', path)
  return results
}

async function carryOut({ how, manager, force, body }: Step, path: string, name: string, send: Send): Promise<Answer> {
  const query = `fieldManager=${manager}${force === undefined || !force ? '' : '&force=true'}`
  const content = how === 'json' ? body : named(body as object, name)
  if (how !== 'put') return await send('PATCH', `${path}?${query}`, { type: TYPES[how], body: content })
  // Custom resources must name the version that they replace.
  const { resourceVersion } = (await send('GET', path)).body.metadata
  const { metadata, ...rest } = content as { metadata: object }
  return await send('PUT', `${path}?${query}`, { body: { ...rest, metadata: { ...metadata, resourceVersion } } })
}

function named(body: object, name: string): object {
  return 'kind' in body ? { ...body, metadata: { ...(body as { metadata?: object }).metadata, name } } : body
}

const OWN = ['uid', 'resourceVersion', 'creationTimestamp', 'namespace', 'name']

function resultOf({ status, body }: Answer, namespace: string): Result {
  // How a server shows a whole object in a message is its own affair.
  if (status >= 400)
    return {
      code: status,
      message: String(body.message)
        .replaceAll(namespace, 'NAMESPACE')
        .replace(/Invalid value: "\{.*\}": /s, ''),
    }
  const { metadata, ...rest } = body
  const { managedFields, ...kept } = Object.fromEntries(
    Object.entries(metadata).filter(([field]) => !OWN.includes(field)),
  )
  const managers = ((managedFields ?? []) as { manager: string; operation: string; fieldsV1: object }[])
    .map(({ manager, operation, fieldsV1 }) => ({ manager, operation, fieldsV1 }))
    .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  return { code: status, object: { ...rest, metadata: { ...kept, managers } } }
}
