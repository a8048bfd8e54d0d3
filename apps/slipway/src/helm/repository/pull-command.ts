import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, isAbsolute, join } from 'node:path'
import { messageOf, UserError } from '@slipway/errors'
import { loadArchive, readArchive } from '@slipway/helm-chart'
import { type ChartFlags, print } from '../flags.ts'
import { nodePlatform } from '../node-platform.ts'
import { verifyRemote } from '../provenance/fetch.ts'
import type { HelmSettings } from '../settings.ts'
import { type RemoteChart, resolveReference } from './chart-reference.ts'

/** The flags of `helm pull`. */
export interface PullOptions extends ChartFlags {
  readonly destination: string
  readonly prov: boolean
  readonly untar: boolean
  readonly untardir: string
}

/** `helm pull CHART...`: fetches packaged charts, unpacked when --untar says so. */
export async function pullCharts(
  names: readonly string[],
  options: PullOptions,
  settings: HelmSettings,
): Promise<void> {
  for (const name of names) {
    const chart = await resolveReference(name, options, settings)
    const data = await chart.fetch()
    const file = join(options.destination, chart.fileName)
    if (!options.untar) write(file, data)
    const provenance = options.verify
      ? await verified(chart, data, options)
      : await wanted(options.repo ? chart.url : name, chart, options)
    if (provenance && !options.untar) write(`${file}.prov`, provenance)
    if (options.untar) unpack(name, data, options)
  }
}

async function verified(chart: RemoteChart, data: Uint8Array, options: PullOptions): Promise<Uint8Array> {
  const { text, provenance } = await verifyRemote(chart, data, options.keyring ?? '')
  print(text)
  return provenance
}

/** --prov takes the provenance file where there is one, and does not check it. */
async function wanted(name: string, chart: RemoteChart, { prov }: PullOptions): Promise<Uint8Array | undefined> {
  if (!prov) return undefined
  try {
    return await chart.fetchProvenance()
  } catch (error) {
    print(`WARNING: Verification not found for ${name}: ${messageOf(error)}\n`)
    return undefined
  }
}

function write(file: string, data: Uint8Array): void {
  if (!existsSync(dirname(file))) {
    throw new UserError('HELM_FILE_UNWRITABLE', `open ${file}: no such file or directory`)
  }
  writeFileSync(file, data)
}

function unpack(name: string, data: Uint8Array, { destination, untardir }: PullOptions): void {
  const folder = isAbsolute(untardir) ? untardir : join(destination, untardir)
  const taken = join(folder, basename(name))
  if (existsSync(taken)) {
    throw new UserError(
      'HELM_FILE_UNWRITABLE',
      `failed to untar: a file or directory with the name ${taken} already exists`,
    )
  }
  const { metadata } = loadArchive(data, nodePlatform)
  for (const file of readArchive(data, nodePlatform)) {
    const path = join(folder, metadata.name, file.name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, file.data)
  }
}
