import { existsSync, readFileSync, statSync } from 'node:fs'
import { UserError } from '@slipway/errors'
import { goJson, loadArchive, type Metadata, metadataJson } from '@slipway/helm-chart'
import { RegistryClient } from '@slipway/registry-client'
import type { ConnectionFlags } from '../flags.ts'
import { wholeSeconds } from '../go-time.ts'
import { notice } from '../log.ts'
import { registryAccess } from '../network.ts'
import { nodePlatform } from '../node-platform.ts'
import type { HelmSettings } from '../settings.ts'
import { registryFault } from './registry-fault.ts'

/** `helm push ARCHIVE oci://…`: stores a packaged chart, and its provenance file where there is one, as Helm does. */
export async function pushChart(
  path: string,
  remote: string,
  flags: ConnectionFlags,
  settings: HelmSettings,
): Promise<void> {
  const fail = (message: string): never => {
    throw new UserError('HELM_ARGUMENTS_INVALID', message)
  }
  const scheme = /^([a-z]+):\/\//.exec(remote)?.[1] ?? ''
  if (scheme === '') return fail('scheme prefix missing from remote (e.g. "oci://")')
  if (scheme !== 'oci') return fail(`scheme "${scheme}" not supported`)
  const stats = statSync(path, { throwIfNoEntry: false })
  if (!stats) return fail(`${path}: no such file`)
  if (stats.isDirectory()) return fail('cannot push directory, must provide chart archive (.tgz)')
  const archive = readFileSync(path)
  const { metadata } = loadArchive(archive, nodePlatform)
  // A tag cannot hold the plus sign of a version.
  const tag = metadata.version.replaceAll('+', '_')
  const reference = `${remote.slice('oci://'.length).replace(/\/+$/, '')}/${metadata.name}:${tag}`
  const provenance = `${path}.prov`
  try {
    const digest = await new RegistryClient(registryAccess(flags, settings)).pushChart(reference, {
      archive,
      config: Buffer.from(goJson(metadataJson(metadata))),
      annotations: annotationsOf(metadata, stats.mtime),
      ...(existsSync(provenance) && { provenance: readFileSync(provenance) }),
    })
    notice(`Pushed: ${reference}\nDigest: ${digest}\n`)
  } catch (error) {
    throw registryFault('push', reference, flags, error)
  }
}

/** The annotations that Helm gives a manifest: the image-spec's names for what Chart.yaml says, and the chart's own. */
function annotationsOf(metadata: Metadata, modified: Date): Record<string, string> {
  const { name, version, description, home, sources = [], maintainers = [], annotations = {} } = metadata
  const authors = maintainers.map(({ name: who = '', email }) => (email ? `${who} (${email})` : who)).join(', ')
  const title = { 'org.opencontainers.image.title': name, 'org.opencontainers.image.version': version }
  const all = {
    'org.opencontainers.image.description': description,
    'org.opencontainers.image.url': home,
    'org.opencontainers.image.created': wholeSeconds(modified.toISOString()),
    'org.opencontainers.image.source': sources[0],
    'org.opencontainers.image.authors': authors,
    ...annotations,
    ...title,
  }
  return Object.fromEntries(Object.entries(all).filter((pair): pair is [string, string] => Boolean(pair[1]?.trim())))
}
