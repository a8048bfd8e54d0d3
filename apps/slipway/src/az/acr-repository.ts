import { connectionOf, type RegistryOptions } from './acr-connection.ts'
import { AzError } from './az-error.ts'
import { type AzAnswer, call, callJson, wordsOf } from './az-http.ts'
import { print } from './azure-command.ts'

interface ListOptions extends RegistryOptions {
  top?: string
}

interface DetailOptions extends ListOptions {
  repository: string
  detail?: boolean
  orderby?: 'time_asc' | 'time_desc'
}

/** What a command is about: a repository, or an image of one. */
interface TargetOptions extends RegistryOptions {
  repository?: string
  image?: string
}

interface UpdateOptions extends TargetOptions {
  deleteEnabled?: boolean
  listEnabled?: boolean
  readEnabled?: boolean
  writeEnabled?: boolean
}

export async function repositoryList(options: ListOptions): Promise<void> {
  print(await readPages<string>(options, '/v2/_catalog', 'repositories'), options)
}

export async function showTags(options: DetailOptions): Promise<void> {
  const tags = await readPages<{ name: string }>(options, `/acr/v1/${options.repository}/_tags`, 'tags')
  print(options.detail ? tags : tags.map(({ name }) => name), options)
}

export async function showManifests(options: DetailOptions): Promise<void> {
  const path = `/acr/v1/${options.repository}/_manifests`
  const manifests = await readPages<{ digest: string; tags: string[]; lastUpdateTime: string }>(
    options,
    path,
    'manifests',
  )
  const brief = manifests.map(({ digest, tags, lastUpdateTime }) => ({ digest, tags, timestamp: lastUpdateTime }))
  print(options.detail ? manifests : brief, options)
}

export async function repositoryShow(options: TargetOptions): Promise<void> {
  const { registry, login } = connectionOf(options)
  const target = targetOf(options)
  print(whatIsMeant(target, await callJson({ url: new URL(target.path, registry.url).href, login })), options)
}

export async function repositoryUpdate(options: UpdateOptions): Promise<void> {
  const { registry, login } = connectionOf(options)
  const target = targetOf(options)
  const { deleteEnabled, listEnabled, readEnabled, writeEnabled } = options
  const json = { deleteEnabled, listEnabled, readEnabled, writeEnabled }
  const method = Object.values(json).every((value) => value === undefined) ? 'GET' : 'PATCH'
  const url = new URL(target.path, registry.url).href
  print(whatIsMeant(target, await callJson({ url, login, method, ...(method === 'PATCH' && { json }) })), options)
}

export async function untag(options: TargetOptions): Promise<void> {
  const { registry, login } = connectionOf(options)
  const { path, kind } = targetOf(options)
  if (kind !== 'tag') throw new AzError("The name of the image may include a tag in the format 'name:tag'.", 2)
  require(await call({ url: new URL(path, registry.url).href, login, method: 'DELETE' }))
}

/** As in az, the image of a tag goes with all tags that it has. */
export async function repositoryDelete(options: TargetOptions & { yes?: boolean }): Promise<void> {
  if (!options.yes) throw new AzError('Unable to prompt for confirmation as no tty available. Use --yes.')
  const { registry, login } = connectionOf(options)
  const { path, kind, repository } = targetOf(options)
  const url = new URL(path, registry.url).href
  if (kind === 'repository') return print(await callJson({ url, login, method: 'DELETE' }), options)
  const { [kind]: found } = await callJson<Record<string, { digest: string }>>({ url, login })
  const manifest = new URL(`/v2/${repository}/manifests/${found?.digest}`, registry.url)
  require(await call({ url: manifest.href, login, method: 'DELETE' }))
}

interface Target {
  kind: 'repository' | 'tag' | 'manifest'
  repository: string
  /** In the catalogue. */
  path: string
}

function targetOf({ repository, image }: TargetOptions): Target {
  if (repository !== undefined && image === undefined) {
    return { kind: 'repository', repository, path: `/acr/v1/${repository}` }
  }
  if (image === undefined || repository !== undefined) {
    throw new AzError('Usage error: --image IMAGE | --repository REPOSITORY')
  }
  const [name = '', digest] = image.split('@')
  if (digest !== undefined) return { kind: 'manifest', repository: name, path: `/acr/v1/${name}/_manifests/${digest}` }
  const [bare = '', tag = 'latest'] = image.split(':')
  return { kind: 'tag', repository: bare, path: `/acr/v1/${bare}/_tags/${tag}` }
}

function whatIsMeant({ kind }: Target, answer: Record<string, unknown>): unknown {
  return kind === 'repository' ? answer : answer[kind]
}

function require(answer: AzAnswer): void {
  if (answer.status >= 400) throw new AzError(wordsOf(answer))
}

async function readPages<T>(options: ListOptions & { orderby?: string }, start: string, field: string): Promise<T[]> {
  const { registry, login } = connectionOf(options)
  const top = options.top === undefined ? Number.POSITIVE_INFINITY : Number(options.top)
  const items: T[] = []
  // time_desc on the command line, timedesc on the wire.
  let path: string | undefined = options.orderby ? `${start}?orderby=${options.orderby.replace('_', '')}` : start
  while (path !== undefined && items.length < top) {
    const answer = await call({ url: new URL(path, registry.url).href, login })
    require(answer)
    items.push(...((JSON.parse(answer.text) as Record<string, T[]>)[field] ?? []))
    path = /<([^>]+)>;\s*rel="?next"?/.exec(String(answer.headers.link ?? ''))?.[1]
  }
  return items.slice(0, top)
}
