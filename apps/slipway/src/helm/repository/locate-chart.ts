import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { UserError } from '@slipway/errors'
import { type ChartFlags, refuseVerification } from '../flags.ts'
import { nodePlatform } from '../node-platform.ts'
import type { HelmSettings } from '../settings.ts'

/** The path of a chart as a user names it: a local one as it is, any other fetched into the content cache. Throws UserError with Helm's text. */
export async function locateChart(given: string, flags: ChartFlags, settings: HelmSettings): Promise<string> {
  refuseVerification(flags)
  const name = given.trim()
  if (!flags.repo) {
    if (existsSync(name)) return resolve(name)
    if (isAbsolute(name) || name.startsWith('.')) {
      throw new UserError('HELM_CHART_NOT_FOUND', `path ${JSON.stringify(name)} not found`)
    }
  }
  const { resolveReference } = await import('./chart-reference.ts')
  const remote = await resolveReference(name, flags, settings)
  if (remote.digest !== undefined && existsSync(cacheFile(settings, remote.digest))) {
    return cacheFile(settings, remote.digest)
  }
  return keep(await remote.fetch(), settings)
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
