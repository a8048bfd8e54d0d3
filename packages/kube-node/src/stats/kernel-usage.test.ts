import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { cgroupUsage, networkUsage } from './kernel-usage.ts'

const root = mkdtempSync(join(tmpdir(), 'slipway-kernel-'))
afterAll(() => rmSync(root, { recursive: true }))

/** The kernel's files of a process 7, as one machine has them. */
function kernel(name: string, files: Record<string, string>): { proc: string; cgroup: string } {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name, path)), { recursive: true })
    writeFileSync(join(root, name, path), content)
  }
  return { proc: join(root, name, 'proc'), cgroup: join(root, name, 'cgroup') }
}

const unified = kernel('unified', {
  'proc/7/cgroup': '0::/system.slice/docker-abc.scope\n',
  'cgroup/system.slice/docker-abc.scope/cpu.stat': 'usage_usec 1500\nuser_usec 1000\n',
  'cgroup/system.slice/docker-abc.scope/memory.current': '1000\n',
  'cgroup/system.slice/docker-abc.scope/memory.stat':
    'anon 300\nfile 700\ninactive_file 400\npgfault 9\npgmajfault 1\n',
  'cgroup/system.slice/docker-abc.scope/pids.current': '3\n',
})
const path = '/libpod_parent/libpod-abc'
const separate = kernel('separate', {
  'proc/7/cgroup': `9:name=systemd:${path}\n8:pids:${path}\n4:memory:${path}\n2:cpu,cpuacct:${path}\n0::${path}\n`,
  [`cgroup/cpuacct${path}/cpuacct.usage`]: '1500000\n',
  [`cgroup/memory${path}/memory.usage_in_bytes`]: '1000\n',
  [`cgroup/memory${path}/memory.stat`]:
    'inactive_file 1\nrss 2\ntotal_inactive_file 400\ntotal_rss 300\ntotal_pgfault 9\ntotal_pgmajfault 1\n',
  [`cgroup/pids${path}/pids.current`]: '3\n',
})

describe('what a container has used', () => {
  it.each([
    ['version 2', unified],
    ['version 1', separate],
  ])('is read from control groups of %s', async (_version, folders) => {
    expect(await cgroupUsage(7, 'abc', folders)).toEqual({
      ...{ cpuNanoseconds: 1_500_000, memoryBytes: 1000, workingSetBytes: 600, rssBytes: 300 },
      ...{ pageFaults: 9, majorPageFaults: 1, processes: 3, networks: [] },
    })
  })

  it.each([
    ['another container has the process id by now', 7, 'other'],
    ['the process has ended', 8, 'abc'],
  ])('is not known when %s', async (_when, pid, id) => {
    expect(await cgroupUsage(pid, id, separate)).toBeUndefined()
  })

  it('is what went through each interface but the loopback one', async () => {
    const folders = kernel('network', {
      'proc/7/net/dev': [
        'Inter-|   Receive                                                |  Transmit',
        ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed',
        '    lo:     100       1    0    0    0     0          0         0      100       1    0    0    0     0       0          0',
        '  eth0:    2000      20    2    0    0     0          0         0     3000      30    3    0    0     0       0          0',
        '',
      ].join('\n'),
    })

    expect(await networkUsage(7, folders)).toEqual([
      { name: 'eth0', rxBytes: 2000, rxErrors: 2, txBytes: 3000, txErrors: 3 },
    ])
    expect(await networkUsage(8, folders)).toBeUndefined()
  })
})
