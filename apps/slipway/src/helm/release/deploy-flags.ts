import { UserError } from '@slipway/errors'
import type { ActionOptions, ApplyMethod } from '@slipway/helm-controller'
import { type Command, Option } from 'commander'
import {
  addChartFlags,
  addPostRendererFlags,
  addSetFlags,
  type ChartFlags,
  duration,
  flagError,
  pairs,
} from '../flags.ts'
import { truth } from '../go-flags.ts'
import { log, notice } from '../log.ts'
import { addOutputFlag, type OutputFormat } from '../output.ts'
import type { PostRender, PostRendererFlags } from '../post-renderer/run.ts'
import type { ValuesOptions } from '../values-options.ts'

/** How long to wait and for what. */
export interface WaitFlags {
  readonly timeout: number
  readonly wait?: string
  readonly waitForJobs?: boolean
}

/** Flags that install, upgrade and rollback share. */
export interface ChangeFlags extends WaitFlags {
  readonly dryRun: string
  readonly hooks: boolean
  readonly forceConflicts: boolean
  readonly forceReplace: boolean
  readonly force?: boolean
}

/** Of upgrade and rollback: `true`, `false`, or `auto`, which is what the release did before. */
export interface ServerSideFlag {
  readonly serverSide: string
}

/** Flags of install and upgrade. */
export interface DeployFlags
  extends ChangeFlags,
    ValuesOptions,
    ChartFlags,
    PostRendererFlags,
    Pick<PostRender, 'files'> {
  readonly createNamespace: boolean
  readonly dependencyUpdate: boolean
  readonly enableDns: boolean
  readonly description?: string
  readonly hideNotes: boolean
  readonly hideSecret: boolean
  readonly labels?: Readonly<Record<string, string>>
  readonly output: OutputFormat
  readonly postRender?: PostRender
  readonly renderSubchartNotes: boolean
  readonly rollbackOnFailure: boolean
  readonly skipCrds: boolean
  readonly skipSchemaValidation: boolean
  readonly takeOwnership: boolean
}

export function addWaitFlags(command: Command): Command {
  const timeout = new Option('--timeout <duration>', 'time to wait for any individual Kubernetes operation')
  return command
    .addOption(timeout.argParser(duration('--timeout')).default(5 * 60_000, '5m0s'))
    .option(
      '--wait [strategy]',
      "if specified, wait until resources are ready: 'watcher', 'hookOnly', or 'legacy'",
      strategy,
    )
}

function strategy(text: string): string {
  if (['true', 'watcher', 'legacy', 'hookOnly', 'false'].includes(text)) return text
  const reason = `invalid wait input ${JSON.stringify(text)}. Valid inputs are watcher, hookOnly, and legacy`
  throw flagError(text, '--wait', reason)
}

export function addChangeFlags(command: Command): Command {
  addWaitFlags(command)
    .option('--wait-for-jobs', 'if set and --wait enabled, will wait until all Jobs have been completed', false)
    .option(
      '--dry-run [mode]',
      'simulates the operation without persisting changes: "none", "client", or "server"',
      'none',
    )
    .option('--no-hooks', 'prevent hooks from running')
    .option('--force-conflicts', 'if set server-side apply will force changes against conflicts', false)
    .option('--force-replace', 'force resource updates by replacement', false)
  return command.addOption(new Option('--force', 'use --force-replace').hideHelp()).on('option:force', () => {
    notice('Flag --force has been deprecated, use --force-replace instead\n')
    command.setOptionValue('forceReplace', true)
  })
}

export function addServerSideFlag(command: Command): Command {
  const description = 'object updates run in the server instead of the client: "true", "false" or "auto"'
  return command.option('--server-side <string>', description, 'auto')
}

export function addDeployFlags(command: Command): Command {
  addPostRendererFlags(addChangeFlags(addOutputFlag(addSetFlags(addChartFlags(command)))))
    .option('--create-namespace', 'create the release namespace if not present', false)
    .option('--dependency-update', 'update dependencies if they are missing before installing the chart', false)
    .option('--description <string>', 'add a custom description')
    .option('--disable-openapi-validation', 'the server validates what is applied in any case', false)
    .option('--enable-dns', 'enable DNS lookups when rendering templates', false)
    .option('--hide-notes', 'if set, do not show notes in the output', false)
    .option('--hide-secret', 'hide Kubernetes Secrets when also using the --dry-run flag', false)
    .option('-l, --labels <stringToString>', 'Labels that would be added to release metadata', pairs)
    .option('--render-subchart-notes', 'if set, render subchart notes along with the parent', false)
    .option('--rollback-on-failure', 'if set, Helm will undo the change upon failure', false)
    .option('--skip-crds', 'if set, no CRDs will be installed', false)
    .option('--skip-schema-validation', 'if set, disables JSON schema validation', false)
    .option('--take-ownership', 'take ownership of existing resources whatever their annotations say', false)
  return command.addOption(new Option('--atomic', 'use --rollback-on-failure').hideHelp()).on('option:atomic', () => {
    notice('Flag --atomic has been deprecated, use --rollback-on-failure instead\n')
    command.setOptionValue('rollbackOnFailure', true)
  })
}

export type DryRun = 'none' | 'client' | 'server'

/** The mode of --dry-run; a bare flag means `client`, as Helm warns. */
export function dryRunOf(mode: string): DryRun {
  switch (mode) {
    case 'none':
    case 'client':
    case 'server':
      return mode
    case 'unset':
      log('WARN', "--dry-run is deprecated and should be replaced with '--dry-run=client'")
      return 'client'
  }
  const isOn = truth(mode)
  if (isOn === undefined) {
    throw new UserError(
      'HELM_FLAG_INVALID',
      `invalid dry-run value (${JSON.stringify(mode)}). Must be "none", "server", or "client"`,
    )
  }
  const meant = isOn ? 'client' : 'none'
  log('WARN', `boolean '--dry-run=${mode}' flag is deprecated and must be replaced with '--dry-run=${meant}'`)
  return meant
}

/** Whether objects are waited for beyond hooks. */
export function waits({ wait }: WaitFlags): boolean {
  return wait !== undefined && wait !== 'hookOnly' && wait !== 'false'
}

/** Throws UserError HELM_FLAG_INVALID, in Cobra's words, for flags that exclude each other. */
export function checkForceFlags({ force, forceReplace, forceConflicts }: ChangeFlags): void {
  if (!forceConflicts || !forceReplace) return
  const replace = force ? 'force' : 'force-replace'
  const both = [replace, 'force-conflicts'].sort()
  throw new UserError(
    'HELM_FLAG_INVALID',
    `if any flags in the group [${replace} force-conflicts] are set none of the others can be; [${both.join(' ')}] were all set`,
  )
}

/** Who applies, after a release that was applied in a way of its own. Throws UserError HELM_FLAG_INVALID. */
export function applyMethodOf({ serverSide }: ServerSideFlag, former: ApplyMethod | undefined): ApplyMethod {
  switch (serverSide) {
    case 'auto':
      return former ?? 'csa'
    case 'true':
      return 'ssa'
    case 'false':
      return 'csa'
  }
  throw new UserError('HELM_FLAG_INVALID', `invalid/unknown release server-side apply method: ${serverSide}`)
}

/** The flags as the action takes them; the first interrupt ends what waits, and the release is recorded as failed. */
export function actionOptions(flags: ChangeFlags, maxHistory: number): ActionOptions {
  return {
    timeout: flags.timeout,
    wait: waits(flags),
    waitForJobs: flags.waitForJobs ?? false,
    disableHooks: !flags.hooks,
    force: flags.forceConflicts,
    forceReplace: flags.forceReplace,
    maxHistory,
    signal: interrupts(),
    writeLog: (text) => void process.stderr.write(text),
  }
}

/** Aborts at the first SIGINT or SIGTERM. */
export function interrupts(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => controller.abort(new UserError('HELM_INTERRUPTED', 'context canceled')))
  }
  return controller.signal
}
