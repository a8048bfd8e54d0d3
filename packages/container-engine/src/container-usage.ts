import type { ContainerUsage } from './port.ts'

/** The parts of `GET /containers/{id}/stats` that are read here. */
export interface StatsAnswer {
  cpu_stats?: { cpu_usage?: { total_usage?: number } }
  memory_stats?: { usage?: number; stats?: Partial<Record<string, number>> }
  pids_stats?: { current?: number }
  networks?: Record<string, Partial<Record<string, number>>> | null
}

/** Docker says more than Podman, and what it is called depends on the kernel's version of control groups. */
export function containerUsage({ cpu_stats, memory_stats, pids_stats, networks }: StatsAnswer): ContainerUsage {
  const memoryBytes = memory_stats?.usage ?? 0
  const stats = memory_stats?.stats ?? {}
  const inactive = stats.total_inactive_file ?? stats.inactive_file
  const rss = stats.total_rss ?? stats.anon
  const [faults, major] = [stats.total_pgfault ?? stats.pgfault, stats.total_pgmajfault ?? stats.pgmajfault]
  return {
    cpuNanoseconds: cpu_stats?.cpu_usage?.total_usage ?? 0,
    memoryBytes,
    ...(inactive !== undefined && { workingSetBytes: Math.max(0, memoryBytes - inactive) }),
    ...(rss !== undefined && { rssBytes: rss }),
    ...(faults !== undefined && { pageFaults: faults }),
    ...(major !== undefined && { majorPageFaults: major }),
    ...(pids_stats?.current !== undefined && { processes: pids_stats.current }),
    networks: Object.entries(networks ?? {}).map(([name, counts]) => ({
      name,
      rxBytes: counts.rx_bytes ?? 0,
      rxErrors: counts.rx_errors ?? 0,
      txBytes: counts.tx_bytes ?? 0,
      txErrors: counts.tx_errors ?? 0,
    })),
  }
}
