import type { Command, OptionValues } from 'commander'
import { atLeast, between, does, exactly, group, integer, leaf, list, switched } from './flags.ts'
import { addOutputFlag } from './output.ts'
import type { PostRender, PostRendererFlags } from './post-renderer/run.ts'
import { addChangeFlags, addDeployFlags, addServerSideFlag, addWaitFlags } from './release/deploy-flags.ts'

/** What the environment says about all commands. */
export interface ReleaseDefaults {
  /** HELM_MAX_HISTORY. */
  readonly maxHistory: number
}

/** The commands on releases in a cluster. */
export function addReleaseCommands(helm: Command, { maxHistory }: ReleaseDefaults): void {
  addInstall(helm)
  addUpgrade(helm, maxHistory)
  addRollback(helm, maxHistory)
  addUninstall(helm)
  addList(helm)
  addHistory(helm)
  addStatus(helm)
  addGet(helm)
  addTest(helm)
}

/** What commander parsed, as the command's own flags: names and defaults are declared just above each use. */
const as = <T>(options: OptionValues): T => options as T

/** Helm looks for the plug-in while it reads its flags. */
async function withPostRender<T extends PostRendererFlags>(flags: T): Promise<T & { postRender?: PostRender }> {
  if (flags.postRenderer === undefined) return flags
  const { postRenderOf } = await import('./post-renderer/run.ts')
  return { ...flags, postRender: postRenderOf(flags, process.env) }
}

function addInstall(helm: Command): void {
  const command = addDeployFlags(leaf(helm, 'install [NAME] [CHART]', 'install a chart'))
    .option('-g, --generate-name', 'generate the name (and omit the NAME parameter)', false)
    .option('--name-template <string>', 'specify template used to name the release')
    .option('--replace', 'reuse the given name, only if that name is a deleted release', false)
    .option(
      '--server-side [bool]',
      'object updates run in the server instead of the client',
      switched('--server-side'),
      true,
    )
  does(command, atLeast(1), async (args, options, settings) => {
    const { install } = await import('./release/install-command.ts')
    await install(args, await withPostRender(as<Parameters<typeof install>[1]>(options)), settings)
  })
}

function addUpgrade(helm: Command, maxHistory: number): void {
  const command = addServerSideFlag(addDeployFlags(leaf(helm, 'upgrade [RELEASE] [CHART]', 'upgrade a release')))
    .option('-i, --install', "if a release by this name doesn't already exist, run an install", false)
    .option('--cleanup-on-fail', 'allow deletion of new resources created in this upgrade when upgrade fails', false)
    .option(
      '--history-max <int>',
      'limit the maximum number of revisions saved per release',
      integer('--history-max'),
      maxHistory,
    )
    .option('--reset-values', 'when upgrading, reset the values to the ones built into the chart', false)
    .option('--reuse-values', "when upgrading, reuse the last release's values and merge in any overrides", false)
    .option(
      '--reset-then-reuse-values',
      "reset the values to the chart's, apply the last release's and any overrides",
      false,
    )
  does(command, exactly(2), async (args, options, settings) => {
    const { upgrade } = await import('./release/upgrade-command.ts')
    await upgrade(args, await withPostRender(as<Parameters<typeof upgrade>[1]>(options)), settings)
  })
}

function addRollback(helm: Command, maxHistory: number): void {
  const command = addServerSideFlag(
    addChangeFlags(leaf(helm, 'rollback <RELEASE> [REVISION]', 'roll back a release to a previous revision')),
  )
    .option('--cleanup-on-fail', 'allow deletion of new resources created in this rollback when it fails', false)
    .option(
      '--history-max <int>',
      'limit the maximum number of revisions saved per release',
      integer('--history-max'),
      maxHistory,
    )
  does(command, between(1, 2), async (args, options, settings) => {
    const { rollback } = await import('./release/rollback-command.ts')
    await rollback(args, as<Parameters<typeof rollback>[1]>(options), settings)
  })
}

function addUninstall(helm: Command): void {
  const command = addWaitFlags(leaf(helm, 'uninstall RELEASE_NAME [...]', 'uninstall a release'))
    .aliases(['del', 'delete', 'un'])
    .option('--cascade <string>', 'Must be "background", "orphan", or "foreground"', 'background')
    .option('--description <string>', 'add a custom description')
    .option('--dry-run [bool]', 'simulate a uninstall')
    .option('--ignore-not-found', 'Treat "release not found" as a successful uninstall', false)
    .option('--keep-history', 'mark the release as deleted, but retain the release history', false)
    .option('--no-hooks', 'prevent hooks from running during uninstallation')
  does(command, atLeast(1), async (names, options, settings) => {
    const { uninstall } = await import('./release/uninstall-command.ts')
    await uninstall(names, as<Parameters<typeof uninstall>[1]>(options), settings)
  })
}

function addList(helm: Command): void {
  const command = addOutputFlag(leaf(helm, 'list', 'list releases').alias('ls'))
    .option('-A, --all-namespaces', 'list releases across all namespaces', false)
    .option('-a, --all', 'what Helm 4 does in any case', false)
    .option('-d, --date', 'sort by release date', false)
    .option('-f, --filter <string>', 'a regular expression that names have to match')
    .option('-l, --selector <string>', 'Selector (label query) to filter on')
    .option('-m, --max <int>', 'maximum number of releases to fetch', integer('-m, --max'), 256)
    .option('--offset <int>', 'next release index in the list', integer('--offset'), 0)
    .option('-q, --short', 'output short (quiet) listing format', false)
    .option('-r, --reverse', 'reverse the sort order', false)
    .option('--no-headers', "don't print headers when using the default output format")
    .option('--time-format <string>', 'format time using golang time formatter')
  for (const status of ['deployed', 'failed', 'pending', 'superseded', 'uninstalled', 'uninstalling']) {
    command.option(`--${status}`, `show ${status} releases`, false)
  }
  does(command, exactly(0), async (_args, options, settings) => {
    const { listReleases } = await import('./release/list-command.ts')
    await listReleases(as<Parameters<typeof listReleases>[0]>(options), settings)
  })
}

function addHistory(helm: Command): void {
  const command = addOutputFlag(leaf(helm, 'history RELEASE_NAME', 'fetch release history').alias('hist')).option(
    '--max <int>',
    'maximum number of revision to include in history',
    integer('--max'),
    256,
  )
  does(command, exactly(1), async ([name = ''], options, settings) => {
    const { showHistory } = await import('./release/history-command.ts')
    await showHistory(name, as<Parameters<typeof showHistory>[1]>(options), settings)
  })
}

function addRevisionFlag(command: Command): Command {
  return command.option(
    '--revision <int>',
    'the revision that is meant; the newest by default',
    integer('--revision'),
    0,
  )
}

function addStatus(helm: Command): void {
  const command = addRevisionFlag(
    addOutputFlag(leaf(helm, 'status RELEASE_NAME', 'display the status of the named release')),
  )
  does(command, exactly(1), async ([name = ''], options, settings) => {
    const { showStatus } = await import('./release/status-command.ts')
    await showStatus(name, as<Parameters<typeof showStatus>[1]>(options), settings)
  })
}

function addGet(helm: Command): void {
  const get = group(helm, 'get', 'download extended information of a named release')
  for (const part of ['all', 'hooks', 'manifest', 'metadata', 'notes', 'values'] as const) {
    const command = addRevisionFlag(leaf(get, `${part} RELEASE_NAME`, `download ${part} for a named release`))
    if (part === 'values') command.option('-a, --all', 'dump all (computed) values', false)
    if (part === 'values' || part === 'metadata') addOutputFlag(command)
    if (part === 'all')
      command.option('--template <string>', 'go template for formatting the output, eg: {{.Release.Name}}')
    does(command, exactly(1), async ([name = ''], options, settings) => {
      const { getPart } = await import('./release/get-command.ts')
      await getPart(part, name, as<Parameters<typeof getPart>[2]>(options), settings)
    })
  }
}

function addTest(helm: Command): void {
  const command = addWaitFlags(leaf(helm, 'test [RELEASE]', 'run tests for a release'))
    .option('--filter <strings>', 'specify tests by attribute (currently "name")', list, [])
    .option('--logs', 'dump the logs from test pods', false)
    .option('--hide-notes', 'if set, do not show notes in test output', true)
  does(command, exactly(1), async ([name = ''], options, settings) => {
    const { testRelease } = await import('./release/test-command.ts')
    await testRelease(name, as<Parameters<typeof testRelease>[1]>(options), settings)
  })
}
