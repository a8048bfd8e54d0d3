import { type Connection, connectionOf, type RegistryOptions } from './acr-connection.ts'
import {
  type DetailOptions,
  digestOf,
  MISSING,
  readPages,
  repositoryDelete,
  repositoryShow,
  repositoryUpdate,
  type Target,
  targetOf,
  type UpdateOptions,
} from './acr-repository.ts'
import { AzError } from './az-error.ts'
import { call, callJson, wordsOf } from './az-http.ts'
import { print } from './azure-command.ts'

/** `name` is what is meant in the registry, not the registry's own as elsewhere. */
interface ManifestOptions extends RegistryOptions {
  registry?: string
  name?: string
}

type ListOptions = ManifestOptions & Pick<DetailOptions, 'top' | 'orderby'>

/** Every form of a manifest that there is. */
const ACCEPT = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')

export async function listMetadata(id: string | undefined, options: ListOptions): Promise<void> {
  print(await manifestsOf(id, options), options)
}

export async function manifestList(id: string | undefined, options: ListOptions): Promise<void> {
  const { image, ...place } = meant(id, options)
  const connection = connectionOf(place)
  const manifests: unknown[] = []
  for (const { digest } of await manifestsOf(id, options)) {
    manifests.push(JSON.parse(await textOf(connection, `/v2/${image}/manifests/${digest}`)))
  }
  print(manifests, options)
}

export async function manifestShow(
  id: string | undefined,
  options: ManifestOptions & { raw?: boolean },
): Promise<void> {
  const chosen = meant(id, options)
  const { repository, path } = targetOf(chosen)
  const reference = path.slice(path.lastIndexOf('/') + 1)
  const text = await textOf(connectionOf(chosen), `/v2/${repository}/manifests/${reference}`)
  if (options.raw) process.stdout.write(text)
  else print(JSON.parse(text), options)
}

export async function showMetadata(id: string | undefined, options: ManifestOptions): Promise<void> {
  await repositoryShow({ ...options, ...meant(id, options) })
}

export async function updateMetadata(id: string | undefined, options: ManifestOptions & UpdateOptions): Promise<void> {
  await repositoryUpdate({ ...options, ...meant(id, options) })
}

export async function manifestDelete(
  id: string | undefined,
  options: ManifestOptions & { yes?: boolean },
): Promise<void> {
  await repositoryDelete({ ...options, ...meant(id, options) })
}

export async function listReferrers(
  id: string | undefined,
  options: ManifestOptions & { artifactType?: string; recursive?: boolean },
): Promise<void> {
  const chosen = meant(id, options)
  const connection = connectionOf(chosen)
  const target = targetOf(chosen)
  const filter = options.artifactType === undefined ? '' : `?artifactType=${encodeURIComponent(options.artifactType)}`
  const found = await referrersOf(connection, target, `${await digestOf(connection, target)}${filter}`)
  // What is found is looked at too, as the list grows.
  if (options.recursive) {
    for (const { digest } of found) found.push(...(await referrersOf(connection, target, digest)))
  }
  print({ manifests: found }, options)
}

async function referrersOf(
  { registry, login }: Connection,
  { repository }: Target,
  what: string,
): Promise<{ digest: string }[]> {
  const url = new URL(`/v2/${repository}/referrers/${what}`, registry.url).href
  return (await callJson<{ manifests: { digest: string }[] }>({ url, login })).manifests
}

function manifestsOf(id: string | undefined, options: ListOptions): Promise<{ digest: string }[]> {
  const { image, ...place } = meant(id, options)
  if (/[:@]/.test(image)) throw new AzError("The positional parameter 'repo_id' should not include a tag or digest.")
  return readPages({ ...options, ...place }, `/acr/v1/${image}/_manifests`, 'manifests')
}

async function textOf({ registry, login }: Connection, path: string): Promise<string> {
  const answer = await call({ url: new URL(path, registry.url).href, login, headers: { accept: ACCEPT } })
  if (answer.status >= 400) throw new AzError(wordsOf(answer), answer.status === 404 ? MISSING : 1)
  return answer.text
}

/** What the command line means, in the words of `az acr repository`. */
function meant(
  id: string | undefined,
  { registry, name, username, password }: ManifestOptions,
): RegistryOptions & { image: string } {
  const login = { ...(username !== undefined && { username }), ...(password !== undefined && { password }) }
  const [, host, image] = /^(?:https:\/\/)?([^/]+)\/(.+)$/.exec(id ?? '') ?? []
  if (name === undefined && host !== undefined && image !== undefined) return { name: host, image, ...login }
  if (id === undefined && name !== undefined) return { ...(registry && { name: registry }), image: name, ...login }
  throw new AzError(
    "You must provide either a fully qualified specifier such as 'myregistry.azurecr.io/hello-world:latest' as a positional parameter or provide '-r MyRegistry -n hello-world:latest' argument values.",
  )
}
