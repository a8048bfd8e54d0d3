import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parse, stringify } from '@slipway/go-yaml'

type Named = { name: string }[]

/** The lists of a kubeconfig, whose entries go by name. */
interface Kubeconfig {
  clusters?: Named | null
  contexts?: Named | null
  users?: Named | null
  'current-context'?: string
}

const LISTS = ['clusters', 'contexts', 'users'] as const

/** Puts a cluster's entries into a kubeconfig file and makes it the current one, as kind and k3d do; what else is there stays. */
export function addToKubeconfig(file: string, kubeconfig: string): void {
  const own = parse(kubeconfig) as Kubeconfig
  const merged = without(read(file), own)
  for (const list of LISTS) merged[list] = [...(merged[list] ?? []), ...(own[list] ?? [])]
  write(file, { ...own, ...merged, 'current-context': own['current-context'] ?? '' })
}

/** Takes the entries out again; a file in which nothing else is left goes too. */
export function removeFromKubeconfig(file: string, kubeconfig: string): void {
  const own = parse(kubeconfig) as Kubeconfig
  const rest = without(read(file), own)
  if (rest['current-context'] === own['current-context']) rest['current-context'] = ''
  if (LISTS.every((list) => !rest[list]?.length)) rmSync(file, { force: true })
  else write(file, rest)
}

function without(config: Kubeconfig, own: Kubeconfig): Kubeconfig {
  const rest = { ...config }
  for (const list of LISTS) {
    const names = new Set(own[list]?.map(({ name }) => name))
    rest[list] = (config[list] ?? []).filter(({ name }) => !names.has(name))
  }
  return rest
}

function read(file: string): Kubeconfig {
  try {
    return (parse(readFileSync(file, 'utf8'), { file }) ?? {}) as Kubeconfig
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw error
  }
}

function write(file: string, config: Kubeconfig): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, stringify(config), { mode: 0o600 })
  // The mode counts for new files only.
  chmodSync(file, 0o600)
}
