import { chmodSync, lchownSync, lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Gives everything below a volume to the pod's `fsGroup`, as the kubelet does (SetVolumeOwnership). */
export function giveToGroup(path: string, group: number | undefined, { readOnly }: { readOnly: boolean }): void {
  if (group === undefined || process.getuid?.() !== 0) return
  const stat = lstatSync(path)
  lchownSync(path, stat.uid, group)
  if (stat.isSymbolicLink()) return
  const access = readOnly ? 0o440 : 0o660
  chmodSync(path, (stat.mode & 0o7777) | access | (stat.isDirectory() ? 0o2110 : 0))
  if (stat.isDirectory()) for (const name of readdirSync(path)) giveToGroup(join(path, name), group, { readOnly })
}
