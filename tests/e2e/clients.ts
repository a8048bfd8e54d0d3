import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { sh } from '../../apps/slipway/src/story/shell.ts'

const folder = process.env.SLIPWAY_TEST_CLIENTS ?? join(homedir(), '.cache', 'slipway-clients')

/** The path of a client that tools/clients.mjs fetched; undefined when it could not be had here. */
export function clientPath(
  name:
    | 'helm3'
    | 'helm4'
    | 'kubectl-1.32'
    | 'kubectl-1.34'
    | 'crane'
    | 'oras'
    | 'conformance'
    | 'gofakes3'
    | 'greeter'
    | 'metrics-server'
    | 'kube-python/bin/python',
): string | undefined {
  const path = join(folder, name)
  return existsSync(path) ? path : undefined
}

/** A client that the system has; undefined when it has none. */
export function systemClient(name: 'podman' | 'buildah' | 'skopeo'): string | undefined {
  return spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0 ? name : undefined
}

/** Whether Docker or Podman is here; tests of real containers are skipped without (npm test installs Podman where it may). */
export const hasContainerEngine = ['docker', 'podman'].some(
  (command) => spawnSync(command, ['info'], { stdio: 'ignore' }).status === 0,
)

/** Runs a client against a cluster. */
export function client(path: string, kubeconfig: string) {
  return (...args: string[]): Promise<string> => sh(path, args, { env: { ...process.env, KUBECONFIG: kubeconfig } })
}
