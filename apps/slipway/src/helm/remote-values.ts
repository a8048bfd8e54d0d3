import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ConnectionFlags } from './flags.ts'

/** The flags with each values file that has a web address fetched, and its local copy named instead; the copies last as long as the process. */
export async function withLocalValues<T extends ConnectionFlags & { readonly values: readonly string[] }>(
  flags: T,
): Promise<T> {
  if (!flags.values.some(isAddress)) return flags
  const { fetchFile } = await import('./network.ts')
  const folder = mkdtempSync(join(tmpdir(), 'helm-values-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const values: string[] = []
  for (const [index, value] of flags.values.entries()) {
    const file = join(folder, `${index}.yaml`)
    if (isAddress(value)) writeFileSync(file, await fetchFile(value, flags))
    values.push(isAddress(value) ? file : value)
  }
  return { ...flags, values }
}

const isAddress = (value: string): boolean => /^https?:\/\//.test(value)
