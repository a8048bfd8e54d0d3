import { readFileSync } from 'node:fs'
import { type } from 'node:os'
import { join } from 'node:path'

/** What a machine says that it is. */
export interface MachineIdentity {
  machineID: string
  systemUUID: string
  bootID: string
  osImage: string
}

/** Reads it below `root`, where the kubelet does (cadvisor, machine/info.go); what the machine does not say is empty. */
export function machineIdentity(root = '/'): MachineIdentity {
  const first = (...paths: string[]): string => {
    for (const path of paths) {
      try {
        return readFileSync(join(root, path), 'utf8').trim()
      } catch {
        // Not every machine has it, and not every user may read it.
      }
    }
    return ''
  }
  const machineID = first('etc/machine-id', 'var/lib/dbus/machine-id')
  const release = first('etc/os-release', 'usr/lib/os-release')
  return {
    machineID,
    systemUUID: first('sys/class/dmi/id/product_uuid') || machineID,
    bootID: first('proc/sys/kernel/random/boot_id'),
    osImage: /^PRETTY_NAME=["']?(.*?)["']?$/m.exec(release)?.[1] || type(),
  }
}
