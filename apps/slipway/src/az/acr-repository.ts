import { connectionOf, type RegistryOptions } from './acr-connection.ts'
import { AzError } from './az-error.ts'
import { call, wordsOf } from './az-http.ts'
import { print } from './azure-command.ts'

interface ListOptions extends RegistryOptions {
  top?: string
}

export async function repositoryList(options: ListOptions): Promise<void> {
  print(await readPages(options, '/v2/_catalog', 'repositories'), options)
}

export async function showTags(options: ListOptions & { repository: string; orderby?: string }): Promise<void> {
  print(await readPages(options, `/v2/${options.repository}/tags/list`, 'tags'), options)
}

async function readPages(options: ListOptions, start: string, field: string): Promise<string[]> {
  const { registry, login } = connectionOf(options)
  const top = options.top === undefined ? Number.POSITIVE_INFINITY : Number(options.top)
  const names: string[] = []
  let path: string | undefined = start
  while (path !== undefined && names.length < top) {
    const answer = await call({ url: new URL(path, registry.url).href, login })
    if (answer.status >= 400) throw new AzError(wordsOf(answer))
    names.push(...((JSON.parse(answer.text) as Record<string, string[]>)[field] as string[]))
    path = /<([^>]+)>;\s*rel="?next"?/.exec(String(answer.headers.link ?? ''))?.[1]
  }
  return names.slice(0, top)
}
