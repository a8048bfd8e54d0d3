import { stringify } from '@slipway/go-yaml'
import { computedValues, type HookEvent, type Release, type ReleaseHook } from '@slipway/helm-chart'
import { ansiTime, isTime } from '../go-time.ts'
import { sorted } from '../output.ts'

/** What beside the head is shown of a release. */
export interface ReleaseView {
  /** Chart, version and appVersion. @default false */
  readonly metadata?: boolean
  /** Values, hooks and manifest. @default false */
  readonly debug?: boolean
  /** @default false */
  readonly hideNotes?: boolean
  /** The objects, as resourcesText gives them. */
  readonly resources?: string
}

export const dryRunDescription = 'Dry run complete'

/** A release as `helm status`, `install`, `upgrade` and `get all` print it. */
export function releaseText(release: Release, view: ReleaseView = {}): string {
  const { name, info, namespace, version, chart } = release
  const isDryRun = info.description?.toLowerCase() === dryRunDescription.toLowerCase()
  let text = `NAME: ${name}\n`
  if (isTime(info.last_deployed)) text += `LAST DEPLOYED: ${ansiTime(info.last_deployed)}\n`
  text += `NAMESPACE: ${namespace}\nSTATUS: ${info.status}\nREVISION: ${version}\n`
  if (view.metadata) {
    const { name: chartName, version: chartVersion, appVersion = '' } = chart.metadata
    text += `CHART: ${chartName}\nVERSION: ${chartVersion}\nAPP_VERSION: ${String(appVersion)}\n`
  }
  text += `DESCRIPTION: ${info.description ?? ''}\n${view.resources ?? ''}${testsText(release)}`
  if (view.debug) {
    text += `USER-SUPPLIED VALUES:\n${stringify(release.config ?? null)}\nCOMPUTED VALUES:\n${stringify(computedValues(release))}\n`
  }
  if (isDryRun || view.debug) text += `HOOKS:\n${hooksText(release)}MANIFEST:\n${release.manifest ?? ''}\n`
  if (!view.hideNotes && info.notes) text += `NOTES:\n${info.notes.trim()}\n`
  return text
}

function testsText(release: Release): string {
  const tests = hooksFor(release, 'test')
  if (tests.length === 0) return 'TEST SUITE: None\n'
  return tests
    .filter(({ last_run }) => isTime(last_run.started_at))
    .map(
      ({ name, last_run: { started_at, completed_at, phase } }) =>
        `TEST SUITE:     ${name}\nLast Started:   ${ansiTime(started_at)}\nLast Completed: ${ansiTime(completed_at)}\nPhase:          ${phase}\n`,
    )
    .join('')
}

/** The hooks that run at an event. */
export function hooksFor({ hooks = [] }: Release, event: HookEvent): ReleaseHook[] {
  return hooks.filter(({ events }) => events?.includes(event))
}

/** The hooks as `helm get hooks` prints them. */
export function hooksText({ hooks = [] }: Release): string {
  return hooks.map(({ path, manifest }) => `---\n# Source: ${path}\n${manifest}\n`).join('')
}

/** A release as `-o json` and `-o yaml` show it: without the fields that are not set. */
export function releaseJson(release: Release): Record<string, unknown> {
  const { chart } = release
  const { files } = chart
  return {
    ...headJson(release),
    chart: { ...chart, files: files && files.length > 0 ? files : null, values: sorted(chart.values) },
    ...bodyJson(release),
  }
}

/** As releaseJson for `helm status`: with the objects of the release, without its chart. */
export function statusJson(release: Release, resources: unknown): Record<string, unknown> {
  return { ...headJson(release, resources), ...bodyJson(release) }
}

function headJson({ name, info }: Release, resources?: unknown): Record<string, unknown> {
  const { first_deployed, last_deployed, deleted, description, status, notes } = info
  return {
    name,
    info: {
      first_deployed,
      last_deployed,
      ...(isTime(deleted) && { deleted }),
      ...(description && { description }),
      status,
      ...(notes && { notes }),
      ...(resources !== undefined && { resources: sorted(resources) }),
    },
  }
}

function bodyJson({ config, manifest, hooks, version, namespace, apply_method }: Release): Record<string, unknown> {
  return {
    ...(config && Object.keys(config).length > 0 && { config: sorted(config) }),
    ...(manifest && { manifest }),
    ...(hooks && hooks.length > 0 && { hooks }),
    version,
    namespace,
    ...(apply_method && { apply_method }),
  }
}
