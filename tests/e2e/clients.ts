import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { sh } from '../../apps/slipway/src/story/shell.ts'

const folder = process.env.SLIPWAY_TEST_CLIENTS ?? join(homedir(), '.cache', 'slipway-clients')

/** The path of a client that tools/clients.mjs fetched; undefined when it could not be had here. */
export function clientPath(name: 'helm3' | 'helm4' | 'kubectl-1.32' | 'kubectl-1.34'): string | undefined {
  const path = join(folder, name)
  return existsSync(path) ? path : undefined
}

/** Runs a client against a cluster. */
export function client(path: string, kubeconfig: string) {
  return (...args: string[]): Promise<string> => sh(path, args, { env: { ...process.env, KUBECONFIG: kubeconfig } })
}
