import { type Command, Option } from 'commander'
import { on } from '../../on.ts'

/** `slipway registry`: the registry alone, and commands for registries of any make. */
export function addRegistryCommands(program: Command): void {
  const registry = program
    .command('registry')
    .description('run the registry of images and charts alone, or look after one')
    .option('--listen <host:port>', 'address to listen on (port 0 = any free port)', '127.0.0.1:5000')
    .option('--url <url>', 'address by which clients reach it, where that is another')
    .option(
      '--blobs <url>',
      'where the bytes are: azure://CONTAINER/PREFIX, s3://BUCKET/PREFIX (default: in the data folder)',
    )
    .option(
      '--htpasswd <file>',
      'users, as htpasswd -B writes them (default: one user, admin, whose token is printed once)',
    )
    .option(
      '--config <path>',
      'file or folder of RegistryPolicy, RegistryCache, RegistryWebhook, RegistryToken and Secret objects; SIGHUP reads it again',
    )
    .option('--kubeconfig <file>', 'cluster whose images and charts retention keeps')
    .option('--tls-cert <file>', 'certificate chain in PEM, to serve HTTPS; SIGHUP reads it again')
    .option('--tls-key <file>', 'its key in PEM')
  on(registry, () => import('./serve.ts'))
  addReading(registry)
  addWriting(registry)
}

function addReading(registry: Command): void {
  on(
    printing(
      connecting(registry.command('list').description('list the repositories of a registry').argument('[host]', HOST)),
    ),
    () => import('./list.ts'),
  )
  on(
    printing(
      connecting(registry.command('tags').description('list the tags of a repository').argument('<repository>', NAME)),
    ).option('--digests', 'show what each tag leads to'),
    () => import('./tags.ts'),
  )
  on(
    printing(
      connecting(
        registry
          .command('inspect')
          .description('show what an image, chart or other artifact is')
          .argument('<image>', NAME),
      ),
    )
      .option('--raw', 'print the manifest as it stands')
      .option(
        '--key <file>',
        'public key in PEM that its signatures are tried with (may be repeated)',
        (file, files: string[]) => [...files, file],
        [],
      ),
    () => import('./inspect.ts'),
  )
  on(
    printing(connecting(registry.command('usage').description('show what a registry holds').argument('[host]', HOST))),
    () => import('./usage.ts'),
  )
}

function addWriting(registry: Command): void {
  on(
    printing(
      connecting(
        registry
          .command('copy')
          .description('copy an image with all its platforms, within a registry or to another')
          .argument('<source>', NAME)
          .argument('<destination>', 'as the source; without a tag it keeps the one it has'),
      ),
    ).option('--referrers', 'copy what is about it too: signatures, attestations, SBOMs'),
    () => import('./copy.ts'),
  )
  on(
    connecting(
      registry
        .command('delete')
        .description('remove a tag, or by its digest a manifest with all its tags')
        .argument('<image>', 'REPOSITORY:TAG or REPOSITORY@DIGEST'),
    ),
    () => import('./delete.ts'),
  )
  on(
    printing(
      connecting(
        registry
          .command('gc')
          .description('remove now what policies do not keep and what nothing needs; pushes go on meanwhile')
          .argument('[host]', HOST),
      ),
    )
      .option('--dry-run', 'only say what would go')
      .option('--delete-untagged', 'remove manifests that have no tag too, unless a policy keeps them longer')
      .option('--grace <duration>', 'how long a push may count on what it saw (default: 2h)'),
    () => import('./gc.ts'),
  )
  on(
    printing(
      connecting(
        registry
          .command('scrub')
          .description('read every blob again and set aside what is spoilt')
          .argument('[host]', HOST),
      ),
    ),
    () => import('./scrub.ts'),
  )
}

const HOST = 'host of a registry (default: the one that runs on the data folder)'
const NAME = '[HOST/]REPOSITORY[:TAG][@DIGEST]; without a host that of the data folder'

function connecting(command: Command): Command {
  return command
    .option('-u, --username <name>', 'user name (default: what docker, podman or helm keep)')
    .option('-p, --password <password>', 'password')
    .option('--password-stdin', 'read the password from standard input')
    .option(
      '--plain-http',
      'without TLS (default for this machine, unless --insecure or --ca-file says that it has it)',
    )
    .option('--insecure', 'take any certificate')
    .option('--ca-file <file>', 'authorities in PEM beside the usual ones')
}

function printing(command: Command): Command {
  return command.addOption(
    new Option('-o, --output <format>', 'output format').choices(['text', 'json']).default('text'),
  )
}
