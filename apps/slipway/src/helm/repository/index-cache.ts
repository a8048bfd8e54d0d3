import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf, UserError } from '@slipway/errors'
import { parseIndexPart, type RepositoryIndex } from '@slipway/helm-chart'
import { fetchFile } from '../network.ts'
import type { HelmSettings } from '../settings.ts'
import { readIndex } from './read-index.ts'
import { connectionOf, type RepositoryEntry } from './repositories-file.ts'

const fileOf = (settings: HelmSettings, name: string): string =>
  join(settings.repositoryCache, `${name.replaceAll('/', '-')}-index.yaml`)

const chartsFile = (indexFile: string): string => indexFile.replace(/-index\.yaml$/, '-charts.txt')

/** Fetches the index of a repository into the cache, beside a list of its charts as shells complete it. */
export async function updateIndex(entry: RepositoryEntry, settings: HelmSettings): Promise<RepositoryIndex> {
  const base = `${entry.url.replace(/\/+$/, '')}/`
  const text = (await fetchFile(`${base}index.yaml`, connectionOf(entry), base)).toString('utf8')
  const index = readIndex(text, entry.url)
  mkdirSync(settings.repositoryCache, { recursive: true })
  const file = fileOf(settings, entry.name)
  writeFileSync(file, text)
  writeFileSync(chartsFile(file), `${Object.keys(index.entries).sort().join('\n')}\n`)
  return index
}

/** The index of a repository as it was last fetched; only of one chart, when that is named. Throws UserError HELM_INDEX_NOT_CACHED. */
export function cachedIndex(name: string, settings: HelmSettings, chart?: string): RepositoryIndex {
  const file = fileOf(settings, name)
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new UserError(
      'HELM_INDEX_NOT_CACHED',
      `no cached repo found. (try 'helm repo update'): open ${file}: no such file or directory`,
      { cause },
    )
  }
  return chart === undefined ? readIndex(text, file) : parseIndexPart(text, chart, file)
}

/** The charts of a repository as it was last fetched, from the list beside its index. */
export function cachedChartNames(name: string, settings: HelmSettings): string[] {
  return readFileSync(chartsFile(fileOf(settings, name)), 'utf8')
    .trim()
    .split('\n')
}

/** As updateIndex, with a failure told as `helm repo add` tells it. */
export async function checkRepository(entry: RepositoryEntry, settings: HelmSettings): Promise<RepositoryIndex> {
  try {
    return await updateIndex(entry, settings)
  } catch (cause) {
    throw new UserError(
      'HELM_REPOSITORY_UNREACHABLE',
      `looks like ${JSON.stringify(entry.url)} is not a valid chart repository or cannot be reached: ${messageOf(cause)}`,
      { cause },
    )
  }
}

/** Updates the caches of several repositories at once, and says how each went. */
export async function updateIndexes(
  entries: readonly RepositoryEntry[],
  settings: HelmSettings,
  say: (text: string) => void,
): Promise<RepositoryEntry[]> {
  const results = await Promise.allSettled(entries.map((entry) => updateIndex(entry, settings)))
  return entries.filter((entry, index) => {
    const result = results[index]
    // A repository that was never added is called by its address.
    const shown = entry.name.startsWith('helm-manager-') ? entry.url : entry.name
    if (result?.status !== 'rejected') {
      say(`...Successfully got an update from the ${JSON.stringify(shown)} chart repository\n`)
      return false
    }
    const where = shown === entry.url ? '' : ` (${entry.url})`
    say(
      `...Unable to get an update from the ${JSON.stringify(shown)} chart repository${where}:\n\t${messageOf(result.reason)}\n`,
    )
    return true
  })
}
