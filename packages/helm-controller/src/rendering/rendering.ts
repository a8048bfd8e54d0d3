import {
  type Capabilities,
  type Chart,
  type Compat,
  type CrdFile,
  type Notice,
  type Platform,
  type Release,
  type RenderedChart,
  type RenderOptions,
  releaseOf,
  renderChart,
  type SchemaFault,
  type Values,
} from '@slipway/helm-chart'
import { lookupIn } from './lookups.ts'
import type { Answers, Findings } from './rounds.ts'

/** How a chart is rendered, and as which revision of which release: plain data. */
export interface RenderTask {
  values: Values
  /** In the place of the chart's own values. */
  defaults?: Values
  name: string
  namespace: string
  revision: number
  isUpgrade: boolean
  /** RFC 3339; absent on a first install. */
  firstDeployed: string | undefined
  capabilities: Capabilities
  /** Also without the chart's schemas. @default false */
  skipSchemaValidation?: boolean
  /** Also the notes of subcharts. @default false */
  subchartNotes?: boolean
  /** Whether templates may ask for addresses of hosts. @default false */
  enableDns?: boolean
  /** Whose behaviour. @default 'helm4' */
  compat?: Compat
  /** Whether templates find the cluster's objects. @default true */
  lookup?: boolean
}

/** What a rendering asks of the world outside. */
export interface World {
  /** The cluster's objects, by what `lookup` was called with, as JSON. */
  readonly objects: Findings<unknown>
  /** What schemas refer to, by address. */
  readonly documents: Findings<Uint8Array | SchemaFault>
  /** The addresses of hosts. */
  readonly hosts: Findings<readonly string[]>
  /** Is told of each `urn:` of a schema, which everything fits. */
  readonly ignoreUrn?: (urn: string) => void
}

/** A world of which more is found out between two renderings. */
export interface AskedWorld extends World {
  readonly objects: Answers<unknown>
  readonly documents: Answers<Uint8Array | SchemaFault>
  readonly hosts: Answers<readonly string[]>
}

/** A release that is not deployed yet, and the chart's CRDs, which Helm installs before it and never upgrades. */
export interface RenderedRelease {
  release: Release
  crds: readonly RenderedCrds[]
}

/** A file of definitions. */
export interface RenderedCrds {
  /** In its chart, such as `crds/thing.yaml`. */
  name: string
  text: string
}

/** How far a rendering is to go. */
export interface RenderControl {
  /** Whether the world has told all that it was asked. */
  isComplete(): boolean
  readonly signal?: AbortSignal | undefined
}

/** Renders one chart with what the world tells so far. Throws what renderChart throws, and the signal's reason. */
export type Rendering<R extends RenderedRelease = RenderedRelease> = (
  task: RenderTask,
  world: AskedWorld,
  control: RenderControl,
) => R | Promise<R>

/** A rendered release with what it was made from. */
export interface RenderedHere extends RenderedRelease {
  chart: RenderedChart
}

/** Renders a chart on the thread that asks for it. `postRender` is called and `notify` told once all is known that templates ask for. */
export function renderHere(
  chart: Chart,
  platform: Platform,
  { postRender, notify }: Pick<RenderOptions, 'postRender' | 'notify'> = {},
): (task: RenderTask, world: World, control: RenderControl) => RenderedHere {
  return (task, { objects, documents, hosts, ignoreUrn }, { isComplete }) => {
    const { values, name, namespace, revision, isUpgrade, capabilities } = task
    const { skipSchemaValidation = false, subchartNotes = false, enableDns = false } = task
    const { compat = 'helm4', lookup = true } = task
    const notices: Notice[] = []
    const rendered = renderChart(task.defaults ? { ...chart, values: task.defaults } : chart, {
      values,
      release: { name, namespace, revision, isUpgrade },
      platform,
      capabilities,
      compat,
      skipSchemaValidation,
      schemas: { find: (address) => documents.find(address), ...(ignoreUrn && { ignore: ignoreUrn }) },
      subchartNotes,
      ...(lookup && { lookup: lookupIn(objects) }),
      ...(enableDns && { addressesOf: (host) => hosts.find(host) }),
      notify: (notice) => notices.push(notice),
      postRender: (files) => (postRender && isComplete() ? postRender(files) : files),
    })
    if (notify && isComplete()) for (const notice of notices) notify(notice)
    return { ...releaseFrom(rendered, task, platform.now()), chart: rendered }
  }
}

function releaseFrom(rendered: RenderedChart, task: RenderTask, now: Date): RenderedRelease {
  const { name, namespace, revision, values, firstDeployed } = task
  const release = releaseOf(rendered, {
    name,
    namespace,
    revision,
    config: values,
    status: 'unknown',
    description: '',
    firstDeployed: firstDeployed ? new Date(firstDeployed) : now,
    lastDeployed: now,
  })
  return { release: { ...release, apply_method: 'ssa' }, crds: rendered.crds.map(crdsOf) }
}

function crdsOf({ path, data }: CrdFile): RenderedCrds {
  return { name: path.slice(path.lastIndexOf('crds/')), text: new TextDecoder().decode(data) }
}
