import { UserError } from '@slipway/errors'
import { type ChartFile, type Dependency, parseMetadata } from '@slipway/helm-chart'
import type { ChartDownloader } from './repository-charts.ts'

/** Where the dependencies of a chart in git come from. */
export interface DependencySources {
  readonly charts: ChartDownloader
  /** The files of a folder of the same repository, by its path from the chart. */
  readonly folder: (path: string) => Promise<ChartFile[]>
}

/** The files of a chart with those dependencies that its charts/ does not have; what is there stays as it is. */
export async function withDependencies(
  files: ChartFile[],
  sources: DependencySources,
  signal: AbortSignal,
): Promise<ChartFile[]> {
  const missing = dependenciesOf(files).filter((one) => one.repository && !isThere(files, one))
  const fetched = await Promise.all(missing.map((one) => fetchDependency(one, sources, signal)))
  // One chart under two aliases is one chart.
  const added = new Map(fetched.flat().map((file) => [file.name, file]))
  return [...files, ...added.values()]
}

/** Of Chart.yaml, and of the requirements.yaml that charts of Helm 2 have. A file that can't be read is told of where the chart is read. */
function dependenciesOf(files: readonly ChartFile[]): Dependency[] {
  const text = (name: string): string => new TextDecoder().decode(files.find((file) => file.name === name)?.data)
  try {
    const metadata = parseMetadata(text('Chart.yaml'), 'Chart.yaml')
    const { dependencies } = parseMetadata(text('requirements.yaml'), 'requirements.yaml', { base: metadata })
    return (dependencies ?? []).flatMap((one) => (one?.name ? [{ ...one, name: one.name }] : []))
  } catch {
    return []
  }
}

function isThere(files: readonly ChartFile[], { name }: Dependency): boolean {
  const isArchive = (path: string): boolean => /^-v?\d.*\.tgz$/.test(path.slice(`charts/${name}`.length))
  return files.some(
    ({ name: path }) => path.startsWith(`charts/${name}`) && (isArchive(path) || path.startsWith(`charts/${name}/`)),
  )
}

async function fetchDependency(
  { name, version = '', repository = '' }: Dependency,
  { charts, folder }: DependencySources,
  signal: AbortSignal,
): Promise<ChartFile[]> {
  if (repository.startsWith('file://')) {
    const files = await folder(repository.slice('file://'.length))
    if (files.some((file) => file.name === 'Chart.yaml')) {
      return files.map((file) => ({ ...file, name: `charts/${name}/${file.name}` }))
    }
    throw new UserError('CHART_DEPENDENCY_MISSING', `dependency ${name} is not at ${repository}`, {
      hint: 'the path is from the folder of the chart, and stays inside the repository',
    })
  }
  if (!/^(https?|oci):\/\//.test(repository)) {
    throw new UserError(
      'CHART_DEPENDENCY_MISSING',
      `dependency ${name} is of the repository ${repository}, which nobody knows here`,
      {
        hint: "give the repository's address, or put the dependency into charts/",
      },
    )
  }
  const download = await charts.download(repository, name, version, signal)
  return [{ name: `charts/${name}-${download.version}.tgz`, data: download.archive }]
}
