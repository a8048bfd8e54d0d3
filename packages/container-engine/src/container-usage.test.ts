import { expect, it } from 'vitest'
import { containerUsage } from './container-usage.ts'

/** Parts of answers of Docker 27 on both versions of control groups, and of Podman 4.3. */
it.each([
  [
    'Docker, cgroup 1',
    {
      cpu_stats: { cpu_usage: { total_usage: 7 } },
      memory_stats: {
        usage: 100,
        stats: { total_inactive_file: 30, inactive_file: 1, total_rss: 50, total_pgfault: 9 },
      },
      pids_stats: { current: 3 },
      networks: { eth0: { rx_bytes: 1, rx_errors: 2, tx_bytes: 3, tx_errors: 4 } },
    },
    {
      ...{ cpuNanoseconds: 7, memoryBytes: 100, workingSetBytes: 70, rssBytes: 50, pageFaults: 9, processes: 3 },
      networks: [{ name: 'eth0', rxBytes: 1, rxErrors: 2, txBytes: 3, txErrors: 4 }],
    },
  ],
  [
    'Docker, cgroup 2',
    { memory_stats: { usage: 100, stats: { inactive_file: 120, anon: 40, pgfault: 5, pgmajfault: 2 } } },
    {
      ...{ cpuNanoseconds: 0, memoryBytes: 100, workingSetBytes: 0, rssBytes: 40, pageFaults: 5, majorPageFaults: 2 },
      networks: [],
    },
  ],
  [
    'Podman',
    { cpu_stats: { cpu_usage: { total_usage: 7 } }, memory_stats: { usage: 100 }, networks: null },
    { cpuNanoseconds: 7, memoryBytes: 100, networks: [] },
  ],
])('reads what an engine says of a container: %s', (_which, answer, expected) => {
  expect(containerUsage(answer)).toEqual(expected)
})
