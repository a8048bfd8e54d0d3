import { apiVersionOf, type Resource } from '../registry/resource.ts'
import { customSchemaName } from './published-schema.ts'

type Json = Record<string, unknown>

const LISTING = [
  'allowWatchBookmarks',
  'continue',
  'fieldSelector',
  'labelSelector',
  'limit',
  'resourceVersion',
  'resourceVersionMatch',
  'sendInitialEvents',
  'timeoutSeconds',
  'watch',
]
const WRITING = ['dryRun', 'fieldManager', 'fieldValidation']
const DELETING = [
  'dryRun',
  'gracePeriodSeconds',
  'ignoreStoreReadErrorWithClusterBreakingPotential',
  'orphanDependents',
  'propagationPolicy',
]

/** The types of parameters that are no strings. */
const TYPES: Record<string, string> = {
  allowWatchBookmarks: 'boolean',
  force: 'boolean',
  gracePeriodSeconds: 'integer',
  ignoreStoreReadErrorWithClusterBreakingPotential: 'boolean',
  limit: 'integer',
  orphanDependents: 'boolean',
  sendInitialEvents: 'boolean',
  timeoutSeconds: 'integer',
  watch: 'boolean',
}

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.'
const FORMS = ['application/json', 'application/yaml']
const PATCHES = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml']
const MEANINGS: Record<number, string> = { 200: 'OK', 201: 'Created', 202: 'Accepted', 401: 'Unauthorized' }

interface Operation {
  /** Begins the operation's id; `Of` stands between it and the kind where there is more than the kind to say. */
  id: string
  description: string
  action: string
  query: string[]
  body?: string
  /** What the answers hold, by status. */
  answers: number[]
  answer: string
}

/** The paths of a custom resource in a document of OpenAPI 2 or 3 (apiextensions-apiserver, controller/openapi/builder). */
export function customPaths(resource: Resource, openApi: 2 | 3): Json {
  const { group, version, kind, plural, namespaced, subresources } = resource
  const write = openApi === 2 ? inVersion2 : inVersion3
  const groupWords = operationIdPart(group.replace(/\.k8s\.io$/, ''))
  const tag = `${groupWords}_${version}`
  const words = `${capitalized(groupWords)}${capitalized(version)}`
  const scope = namespaced ? 'Namespaced' : ''
  const path = (operations: Record<string, Operation>, parameters: Json[], suffix = ''): Json => ({
    ...Object.fromEntries(
      Object.entries(operations).map(([method, operation]) => {
        const [verb = '', infix = ''] = operation.id.split(' ')
        const operationId = `${verb}${words}${infix}${scope}${kind}${suffix}`
        return [method, { ...write(operation, { group, version, kind }), operationId, tags: [tag] }]
      }),
    ),
    parameters,
  })
  const inPath = ['namespace'].filter(() => namespaced).map((name) => parameter(openApi, name, 'path'))
  const pretty = parameter(openApi, 'pretty', 'query')
  const named = [parameter(openApi, 'name', 'path'), ...inPath, pretty]
  const object = customSchemaName(resource)
  const collection = `/apis/${apiVersionOf(resource)}/${namespaced ? 'namespaces/{namespace}/' : ''}${plural}`
  const paths: Json = {
    [collection]: path(collectionOperations(kind, object), [...inPath, pretty]),
    [`${collection}/{name}`]: path(objectOperations(kind, object), named),
  }
  for (const { name, kind: written } of subresources) {
    const schema = written.kind === kind ? object : 'io.k8s.api.autoscaling.v1.Scale'
    const { delete: _, ...operations } = objectOperations(kind, schema, `${name} of the`)
    paths[`${collection}/{name}/${name}`] = path(operations, named, capitalized(name))
  }
  if (namespaced) {
    const { get } = collectionOperations(kind, object)
    const operation = { ...write({ ...get, query: [] }, { group, version, kind }), tags: [tag] }
    paths[`/apis/${apiVersionOf(resource)}/${plural}`] = {
      get: { ...operation, operationId: `list${words}${kind}ForAllNamespaces` },
      parameters: [...LISTING, 'pretty'].toSorted().map((name) => parameter(openApi, name, 'query')),
    }
  }
  return paths
}

function collectionOperations(kind: string, object: string) {
  return {
    get: {
      id: 'list',
      description: `list objects of kind ${kind}`,
      action: 'list',
      query: LISTING,
      answers: [200],
      answer: `${object}List`,
    },
    post: {
      id: 'create',
      description: `create ${article(kind)} ${kind}`,
      action: 'post',
      query: WRITING,
      body: object,
      answers: [200, 201, 202],
      answer: object,
    },
    delete: {
      id: 'delete Collection',
      description: `delete collection of ${kind}`,
      action: 'deletecollection',
      query: LISTING,
      answers: [200],
      answer: `${META}Status`,
    },
  }
}

function objectOperations(kind: string, object: string, what = 'the specified') {
  return {
    get: {
      id: 'read',
      description: `read ${what} ${kind}`,
      action: 'get',
      query: ['resourceVersion'],
      answers: [200],
      answer: object,
    },
    put: {
      id: 'replace',
      description: `replace ${what} ${kind}`,
      action: 'put',
      query: WRITING,
      body: object,
      answers: [200, 201],
      answer: object,
    },
    patch: {
      id: 'patch',
      description: `partially update ${what} ${kind}`,
      action: 'patch',
      query: [...WRITING, 'force'],
      body: `${META}Patch`,
      answers: [200],
      answer: object,
    },
    delete: {
      id: 'delete',
      description: `delete ${article(kind)} ${kind}`,
      action: 'delete',
      query: DELETING,
      body: `${META}DeleteOptions`,
      answers: [200, 202],
      answer: `${META}Status`,
    },
  }
}

type Gvk = { group: string; version: string; kind: string }

function inVersion2({ description, action, query, body, answers, answer }: Operation, gvk: Gvk): Json {
  const schema = (name: string) => ({ schema: { $ref: `#/definitions/${name}` } })
  const required = action === 'delete' ? {} : { required: true }
  return {
    description,
    consumes: action === 'patch' ? PATCHES : FORMS,
    produces: FORMS,
    schemes: ['https'],
    ...parameters([
      ...(body ? [{ name: 'body', in: 'body', ...required, ...schema(body) }] : []),
      ...query.map((name) => parameter(2, name, 'query')),
    ]),
    responses: responses(answers, schema(answer)),
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvk,
  }
}

function inVersion3({ description, action, query, body, answers, answer }: Operation, gvk: Gvk): Json {
  const content = (name: string, forms: string[]) => ({
    content: Object.fromEntries(forms.map((form) => [form, { schema: { $ref: `#/components/schemas/${name}` } }])),
  })
  const required = action === 'delete' ? {} : { required: true }
  return {
    description,
    ...parameters(query.map((name) => parameter(3, name, 'query'))),
    ...(body && { requestBody: { ...content(body, action === 'patch' ? PATCHES : FORMS), ...required } }),
    responses: responses(answers, content(answer, FORMS)),
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvk,
  }
}

function responses(statuses: number[], answer: Json): Json {
  const described = statuses.map((status) => [status, { description: MEANINGS[status], ...answer }])
  return { ...Object.fromEntries(described), 401: { description: MEANINGS[401] } }
}

const parameters = (all: Json[]): Json => (all.length > 0 ? { parameters: all } : {})

function parameter(openApi: 2 | 3, name: string, place: 'path' | 'query'): Json {
  const schema = { type: TYPES[name] ?? 'string', uniqueItems: true }
  const where = { name, in: place, ...(place === 'path' && { required: true }) }
  return openApi === 2 ? { ...where, ...schema } : { ...where, schema }
}

/** ToValidOperationID of apiserver's endpoints/openapi: the letters and digits, with a capital after anything else. */
const operationIdPart = (text: string) =>
  text.replace(/[^\p{L}\p{Nd}_]+(.?)/gu, (_, next: string) => next.toUpperCase())

const article = (noun: string) => (/^[aeiou]/i.test(noun) ? 'an' : 'a')

const capitalized = (word: string) => `${word[0]?.toUpperCase() ?? ''}${word.slice(1)}`
