import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, isAbsolute, join } from 'node:path'
import { UserError } from '@slipway/errors'
import { loadArchive, readArchive } from '@slipway/helm-chart'
import { type ChartFlags, refuseVerification } from '../flags.ts'
import { nodePlatform } from '../node-platform.ts'
import type { HelmSettings } from '../settings.ts'
import { resolveReference } from './chart-reference.ts'

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
  refuseVerification(options)
  if (options.prov) throw new UserError('HELM_UNSUPPORTED', '--prov is not supported')
  for (const name of names) {
    const chart = await resolveReference(name, options, settings)
    const data = await chart.fetch()
    if (options.untar) unpack(name, data, options)
    else write(join(options.destination, chart.fileName), data)
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
