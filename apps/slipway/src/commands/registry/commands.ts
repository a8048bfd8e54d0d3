import type { Command } from 'commander'
import { on } from '../../on.ts'

/** `slipway registry`: the registry alone. */
export function addRegistryCommands(program: Command): void {
  const registry = program
    .command('registry')
    .description('run the registry of images and charts alone')
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
    .option('--tls-cert <file>', 'certificate chain in PEM, to serve HTTPS')
    .option('--tls-key <file>', 'its key in PEM')
  on(registry, () => import('./serve.ts'))
}
