import { readFile, statfs } from 'node:fs/promises'
import { cpus, freemem, totalmem, uptime } from 'node:os'
import type { InterfaceUsage } from '@slipway/container-engine'
import { fieldOf, networkUsage } from './kernel-usage.ts'

/** What the machine as a whole has used so far, and has left. */
export interface MachineUsage {
  /** When it was switched on. */
  startedAt: Date
  cpuNanoseconds: number
  memory: MachineMemory
  disk: DiskUsage
  networks: InterfaceUsage[]
  /** Name of the interface that leads to everywhere. */
  gatewayInterface?: string
  processes?: { most: number; now: number }
}

export interface MachineMemory {
  availableBytes: number
  usageBytes: number
  workingSetBytes: number
  rssBytes?: number
  pageFaults?: number
  majorPageFaults?: number
  swap?: { availableBytes: number; usageBytes: number }
}

export interface DiskUsage {
  availableBytes: number
  capacityBytes: number
  usedBytes: number
  inodes: number
  inodesFree: number
}

/** `dir` is on the disk that pods write to. */
export async function machineUsage(dir: string): Promise<MachineUsage> {
  const [memory, disk, networks, gateway, processes] = await Promise.all([
    machineMemory(),
    diskUsage(dir),
    networkUsage('self'),
    gatewayInterface(),
    processCount(),
  ])
  return {
    startedAt: new Date(Date.now() - uptime() * 1000),
    cpuNanoseconds: cpuMilliseconds() * 1e6,
    memory,
    disk,
    networks: networks ?? [],
    ...(gateway && { gatewayInterface: gateway }),
    ...(processes && { processes }),
  }
}

function cpuMilliseconds(): number {
  return cpus().reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0)
}

async function machineMemory(): Promise<MachineMemory> {
  const info = await read('/proc/meminfo')
  const total = totalmem()
  if (info === undefined) {
    const used = total - freemem()
    return { availableBytes: total - used, usageBytes: used, workingSetBytes: used }
  }
  const bytes = (name: string): number => fieldOf(info, name.replace(/[()]/g, '\\$&')) * 1024
  const usageBytes = bytes('MemTotal') - bytes('MemFree')
  const workingSetBytes = Math.max(0, usageBytes - bytes('Inactive(file)'))
  const events = await read('/proc/vmstat')
  return {
    availableBytes: Math.max(0, bytes('MemTotal') - workingSetBytes),
    usageBytes,
    workingSetBytes,
    rssBytes: bytes('AnonPages'),
    pageFaults: fieldOf(events, 'pgfault'),
    majorPageFaults: fieldOf(events, 'pgmajfault'),
    swap: { availableBytes: bytes('SwapFree'), usageBytes: bytes('SwapTotal') - bytes('SwapFree') },
  }
}

async function diskUsage(dir: string): Promise<DiskUsage> {
  const { bsize, blocks, bfree, bavail, files, ffree } = await statfs(dir)
  return {
    availableBytes: bavail * bsize,
    capacityBytes: blocks * bsize,
    usedBytes: (blocks - bfree) * bsize,
    inodes: files,
    inodesFree: ffree,
  }
}

/** The interface whose route has no destination. */
async function gatewayInterface(): Promise<string | undefined> {
  const routes = (await read('/proc/net/route')) ?? ''
  return /^(\S+)\t00000000\t/m.exec(routes)?.[1]
}

async function processCount(): Promise<{ most: number; now: number } | undefined> {
  const [most, load] = await Promise.all([read('/proc/sys/kernel/pid_max'), read('/proc/loadavg')])
  const now = /\/(\d+)/.exec(load ?? '')?.[1]
  return most && now ? { most: Number(most), now: Number(now) } : undefined
}

/** Undefined where the system has no such file. */
function read(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined)
}
