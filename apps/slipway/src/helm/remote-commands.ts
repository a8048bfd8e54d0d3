import type { Command, OptionValues } from 'commander'
import {
  addChartFlags,
  addConnectionFlags,
  atLeast,
  atMost,
  does,
  exactly,
  group,
  integer,
  leaf,
  print,
  unsupported,
} from './flags.ts'
import { addOutputFlag } from './output.ts'
import { defaultKeyring } from './provenance/keyring.ts'

/** The commands that speak with repositories and registries: repo, search, pull, push, registry, dependency. */
export function addRemoteCommands(helm: Command): void {
  addRepo(helm)
  addSearch(helm)
  addPull(helm)
  addPush(helm)
  addRegistry(helm)
  addDependency(helm)
}

/** What commander parsed, as the command's own options: names and defaults are declared just above each use. */
const as = <T>(options: OptionValues): T => options as T

function addRepo(helm: Command): void {
  const repo = group(helm, 'repo', 'add, list, remove, update, and index chart repositories')
  const load = () => import('./repository/repo-command.ts')
  const add = addConnectionFlags(leaf(repo, 'add [NAME] [URL]', 'add a chart repository'))
    .option('--password-stdin', 'read chart repository password from stdin', false)
    .option('--force-update', 'replace (overwrite) the repo if it already exists', false)
    .option('--pass-credentials', 'pass credentials to all domains', false)
    .option('--allow-deprecated-repos', 'allow adding repositories that have been permanently deleted', false)
    .option('--timeout <duration>', 'time to wait for the index file download to complete')
  does(add, exactly(2), async ([name = '', url = ''], options, settings) => {
    const { addRepository } = await load()
    await addRepository(name, url, as<Parameters<typeof addRepository>[2]>(options), settings)
  })
  const update = leaf(repo, 'update [REPO1 [REPO2 ...]]', 'update information of available charts locally').alias('up')
  update.option('--timeout <duration>', 'time to wait for the index file download to complete')
  does(update, atLeast(0), async (names, _options, settings) => (await load()).updateRepositories(names, settings))
  const list = addOutputFlag(leaf(repo, 'list', 'list chart repositories')).alias('ls')
  list.option('--no-headers', 'suppress headers in the output')
  does(list, exactly(0), async (_args, options, settings) => {
    const { listRepositories } = await load()
    listRepositories(as<Parameters<typeof listRepositories>[0]>(options), settings)
  })
  const remove = leaf(repo, 'remove [REPO1 [REPO2 ...]]', 'remove one or more chart repositories').alias('rm')
  does(remove, atLeast(1), async (names, _options, settings) => (await load()).removeRepositories(names, settings))
  const index = leaf(repo, 'index [DIR]', 'generate an index file given a directory containing packaged charts')
    .option('--url <string>', 'url of chart repository')
    .option('--merge <string>', 'merge the generated index into the given index')
    .option('--json', 'output in JSON format', false)
  does(index, exactly(1), async ([folder = ''], options) => {
    const { indexFolder } = await import('./repository/index-command.ts')
    indexFolder(folder, as<Parameters<typeof indexFolder>[1]>(options))
  })
}

function addSearch(helm: Command): void {
  const search = group(helm, 'search', 'search for a keyword in charts')
  unsupported(search, 'hub')
  const repo = addOutputFlag(leaf(search, 'repo [keyword]', 'search repositories for a keyword in charts'))
    .option('-l, --versions', 'show the long listing, with each version of each chart on its own line', false)
    .option('-r, --regexp', 'use regular expressions for searching repositories you have added', false)
    .option('--devel', 'use development versions, too', false)
    .option('--version <string>', 'search using semantic versioning constraints')
    .option('--max-col-width <uint>', 'maximum column width for output table', integer('--max-col-width'), 50)
    .option('--fail-on-no-result', 'search fails if no results are found', false)
  does(repo, atLeast(0), async (words, options, settings) => {
    const { searchRepositories } = await import('./repository/search-command.ts')
    searchRepositories(words, as<Parameters<typeof searchRepositories>[1]>(options), settings)
  })
}

function addPull(helm: Command): void {
  const command = leaf(helm, 'pull [chart URL | repo/chartname] [...]', 'download a chart from a repository').alias(
    'fetch',
  )
  addChartFlags(command)
    .option('-d, --destination <string>', 'location to write the chart', '.')
    .option('--untar', 'if set to true, will untar the chart after downloading it', false)
    .option('--untardir <string>', 'name of the directory into which the chart is expanded', '.')
    .option('--prov', "fetch the provenance file, but don't perform verification", false)
  does(command, atLeast(1), async (names, options, settings) => {
    const { pullCharts } = await import('./repository/pull-command.ts')
    await pullCharts(names, as<Parameters<typeof pullCharts>[1]>(options), settings)
  })
}

function addPush(helm: Command): void {
  const command = addConnectionFlags(leaf(helm, 'push [chart] [remote]', 'push a chart to remote'))
  does(command, atLeast(2), async ([path = '', remote = ''], options, settings) => {
    const { pushChart } = await import('./registry/push-command.ts')
    await pushChart(path, remote, options, settings)
  })
}

function addRegistry(helm: Command): void {
  const registry = group(helm, 'registry', 'login to or logout from a registry')
  const load = () => import('./registry/login-command.ts')
  const login = leaf(registry, 'login [host]', 'login to a registry')
    .option('-u, --username <string>', 'registry username')
    .option('-p, --password <string>', 'registry password or identity token')
    .option('--password-stdin', 'read password or identity token from stdin', false)
    .option('--insecure', 'allow connections to TLS registry without certs', false)
    .option('--ca-file <string>', 'verify certificates of HTTPS-enabled servers using this CA bundle')
    .option('--cert-file <string>', 'identify registry client using this SSL certificate file')
    .option('--key-file <string>', 'identify registry client using this SSL key file')
    .option('--plain-http', 'use insecure HTTP connections', false)
  does(login, atLeast(1), async ([host = ''], options, settings) => {
    const { login: run } = await load()
    await run(host, as<Parameters<typeof run>[1]>(options), settings)
  })
  does(leaf(registry, 'logout [host]', 'logout from a registry'), atLeast(1), async ([host = ''], _options, settings) =>
    (await load()).logout(host, settings),
  )
}

function addDependency(helm: Command): void {
  const dependency = group(helm, 'dependency', "manage a chart's dependencies").alias('dep').alias('dependencies')
  const list = leaf(dependency, 'list CHART', 'list the dependencies for the given chart')
    .alias('ls')
    .option('--max-col-width <uint>', 'maximum column width for output table', integer('--max-col-width'), 80)
  does(list, atMost(1), async ([path = '.'], options) => {
    const { listDependencies } = await import('./dependency/list-command.ts')
    print(listDependencies(path, as<{ maxColWidth: number }>(options).maxColWidth))
  })
  const load = () => import('./dependency/dependency-command.ts')
  const build = leaf(dependency, 'build CHART', 'rebuild the charts/ directory based on the Chart.lock file')
  const update = leaf(dependency, 'update CHART', 'update charts/ based on the contents of Chart.yaml').alias('up')
  for (const command of [build, update]) {
    addConnectionFlags(command)
      .option('--skip-refresh', 'do not refresh the local repository cache', false)
      .option('--verify', 'verify the packages against signatures', false)
      .option('--keyring <string>', 'keyring containing public keys', defaultKeyring(process.env))
    does(command, atMost(1), async ([chartPath = '.'], options, settings) => {
      const { buildDependencies, updateDependencies } = await load()
      const run = command === build ? buildDependencies : updateDependencies
      await run({ chartPath, options: as<Parameters<typeof run>[0]['options']>(options), settings, say: print })
    })
  }
}
