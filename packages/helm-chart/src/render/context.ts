import { asNil, type TemplateObject, withType } from '@slipway/go-template'
import { type Chart, isLibrary, type Metadata } from '../chart/chart.ts'
import { metadataJson } from '../chart/metadata-json.ts'
import { baseName, cleanPath } from '../chart/path.ts'
import type { Compat } from '../compat.ts'
import { inStructOrder } from '../functions/plain.ts'
import { structOf } from '../functions/struct.ts'
import { packageOf, valuesObject } from '../functions/values-object.ts'
import { emptyValues, tableAt, type Values } from '../values/value.ts'
import { type Capabilities, capabilitiesObject } from './capabilities.ts'
import type { Renderable } from './engine.ts'
import { filesObject } from './files.ts'

/** What `.Release` shows. */
export interface ReleaseInfo {
  readonly name: string
  readonly namespace: string
  /** @default 1 */
  readonly revision?: number
  /** @default the opposite of isUpgrade */
  readonly isInstall?: boolean
  /** @default false */
  readonly isUpgrade?: boolean
  /** @default 'Helm' */
  readonly service?: string
}

/** Every template of a chart and its subcharts, each with the values it sees. */
export function renderablesOf(
  chart: Chart,
  values: Values,
  release: ReleaseInfo,
  { capabilities, compat }: { readonly capabilities: Capabilities; readonly compat: Compat },
): Map<string, Renderable> {
  const templates = new Map<string, Renderable>()
  const shared = { Release: releaseMap(release), Capabilities: capabilitiesObject(capabilities, compat) }
  collect(chart, { path: chart.metadata.name, isRoot: true, values, shared, templates, compat })
  return templates
}

interface Scope {
  readonly path: string
  readonly isRoot: boolean
  readonly values: Values
  readonly shared: Values
  readonly compat: Compat
  readonly templates: Map<string, Renderable>
}

function collect(chart: Chart, scope: Scope): Values {
  const subcharts = emptyValues()
  const context = Object.assign(emptyValues(), scope.shared, {
    Chart: scope.compat === 'helm3' ? chartStruct(chart, scope.isRoot) : chartMap(chart, scope.isRoot),
    Files: filesObject(chart.files),
    Values: valuesObject(scope.values, scope.compat),
    Subcharts: subcharts,
  })
  for (const subchart of chart.dependencies) {
    const { name } = subchart.metadata
    subcharts[name] = collect(subchart, {
      ...scope,
      path: `${scope.path}/charts/${name}`,
      isRoot: false,
      values: tableAt(scope.values, name) ?? emptyValues(),
    })
  }
  for (const { name, data } of chart.templates) {
    // A library chart only lends its partials.
    if (isLibrary(chart) && !baseName(name).startsWith('_')) continue
    scope.templates.set(cleanPath(`${scope.path}/${name}`), { data, context, basePath: `${scope.path}/templates` })
  }
  return withType(context, `${packageOf(scope.compat)}.Values`)
}

function releaseMap({ name, namespace, revision = 1, isUpgrade = false, ...release }: ReleaseInfo): Values {
  return Object.assign(emptyValues(), {
    Name: name,
    Namespace: namespace,
    IsUpgrade: isUpgrade,
    IsInstall: release.isInstall ?? !isUpgrade,
    Revision: BigInt(revision),
    Service: release.service ?? 'Helm',
  })
}

/** `.Chart` of Helm 3: a struct, so a field that is not there is an error, and toYaml shows the names of Chart.yaml. */
function chartStruct(chart: Chart, isRoot: boolean): TemplateObject {
  const fields = chartMap(chart, isRoot)
  const serial = () => {
    const fields = metadataJson(chart.metadata)
    for (const name of ['maintainers', 'dependencies']) {
      if (name in fields) fields[name] = (fields[name] as object[]).map(inStructOrder)
    }
    return inStructOrder({ ...fields, IsRoot: isRoot })
  }
  return structOf({ typeName: 'struct { chart.Metadata; IsRoot bool }', fields, serial })
}

/** `.Chart`: Chart.yaml under the names of Helm's struct, with every field there. */
function chartMap({ metadata }: Chart, isRoot: boolean): Values {
  const {
    home = '',
    description = '',
    icon = '',
    condition = '',
    tags = '',
    appVersion = '',
    kubeVersion = '',
  } = metadata
  return Object.assign(emptyValues(), {
    Name: metadata.name,
    Home: home,
    Sources: [...(metadata.sources ?? [])],
    Version: metadata.version,
    Description: description,
    Keywords: [...(metadata.keywords ?? [])],
    Maintainers: (metadata.maintainers ?? []).map(({ name = '', email = '', url = '' }) =>
      Object.assign(emptyValues(), { Name: name, Email: email, URL: url }),
    ),
    Icon: icon,
    APIVersion: metadata.apiVersion,
    Condition: condition,
    Tags: tags,
    AppVersion: appVersion,
    Deprecated: metadata.deprecated ?? false,
    Annotations: annotationsOf(metadata.annotations),
    KubeVersion: kubeVersion,
    Dependencies: (metadata.dependencies ?? []).map((dependency) =>
      Object.assign(emptyValues(), {
        Name: dependency.name,
        Version: dependency.version ?? '',
        Repository: dependency.repository ?? '',
        Condition: dependency.condition ?? '',
        Tags: [...(dependency.tags ?? [])],
        Enabled: dependency.enabled ?? false,
        ImportValues: [...(dependency.importValues ?? [])],
        Alias: dependency.alias ?? '',
      }),
    ),
    Type: metadata.type ?? '',
    IsRoot: isRoot,
  })
}

/** Go's map[string]string, which is null in JSON when there is none and still gives empty text for every key. */
function annotationsOf(annotations: Metadata['annotations']): unknown {
  const map = withType(Object.assign(emptyValues(), annotations), 'map[string]string')
  return annotations === undefined ? asNil(map) : map
}
