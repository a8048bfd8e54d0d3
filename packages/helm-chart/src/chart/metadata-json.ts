import { compareStrings } from '@slipway/go-template'
import type { Dependency, Metadata } from './chart.ts'

/** The metadata as Chart.yaml, index files and releases hold it: fields in Go's order, empty ones left out. */
export function metadataJson(metadata: Metadata): Record<string, unknown> {
  return withoutEmpty({
    name: metadata.name,
    home: metadata.home,
    sources: metadata.sources,
    version: metadata.version,
    description: metadata.description,
    keywords: metadata.keywords,
    maintainers: metadata.maintainers?.map(({ name, email, url }) => withoutEmpty({ name, email, url })),
    icon: metadata.icon,
    apiVersion: metadata.apiVersion,
    condition: metadata.condition,
    tags: metadata.tags,
    appVersion: metadata.appVersion,
    deprecated: metadata.deprecated,
    annotations: sorted(metadata.annotations),
    kubeVersion: metadata.kubeVersion,
    dependencies: metadata.dependencies?.map(dependencyJson),
    type: metadata.type,
  })
}

/** A dependency as Go writes it: name and repository always, the rest when set. */
export function dependencyJson(dependency: Dependency): Record<string, unknown> {
  const { name, version, repository = '', condition, tags, enabled, importValues, alias } = dependency
  return {
    name,
    ...withoutEmpty({ version }),
    repository,
    ...withoutEmpty({ condition, tags, enabled, 'import-values': importValues, alias }),
  }
}

/** Go writes a map by its keys. */
function sorted(map: Readonly<Record<string, string>> | undefined): Record<string, string> | undefined {
  return map && Object.fromEntries(Object.entries(map).sort(([a], [b]) => compareStrings(a, b)))
}

function withoutEmpty(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => !isEmpty(value)))
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === '' || value === false) return true
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}
