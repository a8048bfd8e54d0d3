import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { UserError } from '@slipway/errors'
import type { ChartFlags } from '../flags.ts'
import { nodePlatform } from '../node-platform.ts'
import type { HelmSettings } from '../settings.ts'

/** The path of a chart as a user names it: a local one as it is, any other fetched into the content cache. Throws UserError with Helm's text. */
export async function locateChart(given: string, flags: ChartFlags, settings: HelmSettings): Promise<string> {
  const name = given.trim()
  if (!flags.repo) {
    if (existsSync(name)) return verifiedPath(resolve(name), flags)
    if (isAbsolute(name) || name.startsWith('.')) {
      throw new UserError('HELM_CHART_NOT_FOUND', `path ${JSON.stringify(name)} not found`)
    }
  }
  const { resolveReference } = await import('./chart-reference.ts')
  const remote = await resolveReference(name, flags, settings)
  const { digest } = remote
  const cached =
    digest !== undefined && existsSync(cacheFile(settings, digest)) ? cacheFile(settings, digest) : undefined
  const file = cached ?? keep(await remote.fetch(), settings)
  if (flags.verify) {
    const { verifyRemote } = await import('../provenance/fetch.ts')
    await verifyRemote(remote, readFileSync(file), flags.keyring ?? '')
  }
  return file
}

/** A chart that lies here, by the provenance file beside it when --verify asks for that. */
async function verifiedPath(path: string, { verify, keyring = '' }: ChartFlags): Promise<string> {
  if (!verify) return path
  const { verifyFile } = await import('../provenance/verify.ts')
  await verifyFile(path, keyring)
  return path
}

/** Helm 4 keeps charts by what they are: `CONTENT/ab/abcd….chart`. */
function cacheFile({ contentCache }: HelmSettings, digest: string): string {
  return join(contentCache, digest.slice(0, 2), `${digest}.chart`)
}

function keep(data: Uint8Array, settings: HelmSettings): string {
  const file = cacheFile(settings, Buffer.from(nodePlatform.digest('sha256', data)).toString('hex'))
  mkdirSync(dirname(file), { recursive: true })
  // Whole or not at all: another helm may read it at the same time.
  const draft = `${file}.${process.pid}.tmp`
  writeFileSync(draft, data)
  renameSync(draft, file)
  return file
}
