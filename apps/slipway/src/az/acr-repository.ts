import { type Connection, connectionOf, type RegistryOptions } from './acr-connection.ts'
import { AzError } from './az-error.ts'
import { type AzAnswer, call, callJson, wordsOf } from './az-http.ts'
import { print } from './azure-command.ts'
import { confirm } from './confirm.ts'

interface ListOptions extends RegistryOptions {
  top?: string
}

export interface DetailOptions extends ListOptions {
  repository: string
  detail?: boolean
  orderby?: 'time_asc' | 'time_desc'
}

/** What a command is about: a repository, or an image of one. */
export interface TargetOptions extends RegistryOptions {
  repository?: string
  image?: string
}

export interface UpdateOptions extends TargetOptions {
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

/** The exit status of a `show` whose thing is not there (azure-cli, show_exception_handler). */
export const MISSING = 3

export async function repositoryShow(options: TargetOptions): Promise<void> {
  const { registry, login } = connectionOf(options)
  const target = targetOf(options)
  print(whatIsMeant(target, await callJson({ url: new URL(target.path, registry.url).href, login }, MISSING)), options)
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
  const { registry, login } = connectionOf(options)
  const target = targetOf(options)
  const { path, kind, repository } = target
  if (kind === 'repository') {
    await confirm(
      `Are you sure you want to delete the repository '${repository}' and all images under it?`,
      options.yes,
    )
    const url = new URL(path, registry.url).href
    return print(await callJson({ url, login, method: 'DELETE' }), options)
  }
  const digest = await digestOf({ registry, login }, target)
  await confirm(
    `This operation will delete the manifest '${digest}' and all its tags.\nAre you sure you want to continue?`,
    options.yes,
  )
  const manifest = new URL(`/v2/${repository}/manifests/${digest}`, registry.url)
  require(await call({ url: manifest.href, login, method: 'DELETE' }))
}

/** Where the image is, in the catalogue's words. */
export async function digestOf({ registry, login }: Connection, { kind, path }: Target): Promise<string> {
  const answer = await callJson<Record<string, { digest: string }>>({ url: new URL(path, registry.url).href, login })
  return answer[kind]?.digest ?? ''
}

export interface Target {
  kind: 'repository' | 'tag' | 'manifest'
  repository: string
  /** In the catalogue. */
  path: string
}

export function targetOf({ repository, image }: TargetOptions): Target {
  if (repository !== undefined && image === undefined) {
    return { kind: 'repository', repository, path: `/acr/v1/${repository}` }
  }
  if (image === undefined || repository !== undefined) {
    throw new AzError('Usage error: --image IMAGE | --repository REPOSITORY')
  }
  const [name = '', digest] = image.split('@')
  if (digest !== undefined) return { kind: 'manifest', repository: name, path: `/acr/v1/${name}/_manifests/${digest}` }
  const [bare = '', tag = 'latest', ...more] = image.split(':')
  if (more.length > 0) {
    throw new AzError(
      "The name of the image may include a tag in the format 'name:tag' or digest in the format 'name@digest'.",
    )
  }
  return { kind: 'tag', repository: bare, path: `/acr/v1/${bare}/_tags/${tag}` }
}

function whatIsMeant({ kind }: Target, answer: Record<string, unknown>): unknown {
  return kind === 'repository' ? answer : answer[kind]
}

function require(answer: AzAnswer): void {
  if (answer.status >= 400) throw new AzError(wordsOf(answer))
}

export async function readPages<T>(
  options: ListOptions & { orderby?: string },
  start: string,
  field: string,
): Promise<T[]> {
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
