import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, type } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { machineIdentity } from './machine-identity.ts'
import { hugePages } from './machine-resources.ts'

function machine(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'slipway-machine-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, dirname(path)), { recursive: true })
    writeFileSync(join(root, path), content)
  }
  return root
}

const OS_RELEASE = 'NAME="Debian GNU/Linux"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'

it.each([
  [
    'everything',
    {
      'etc/machine-id': 'abc\n',
      'sys/class/dmi/id/product_uuid': 'uuid\n',
      'proc/sys/kernel/random/boot_id': 'boot\n',
      'etc/os-release': OS_RELEASE,
    },
    { machineID: 'abc', systemUUID: 'uuid', bootID: 'boot', osImage: 'Debian GNU/Linux 12 (bookworm)' },
  ],
  [
    'no firmware',
    { 'var/lib/dbus/machine-id': 'abc\n', 'usr/lib/os-release': 'PRETTY_NAME=Alpine\n' },
    { machineID: 'abc', systemUUID: 'abc', bootID: '', osImage: 'Alpine' },
  ],
  ['nothing', {}, { machineID: '', systemUUID: '', bootID: '', osImage: type() }],
])('a machine with %s is what it says', (_name, files, expected) => {
  expect(machineIdentity(machine(files))).toEqual(expected)
})

it.each([
  ['none set aside', { 'hugepages-2048kB/nr_hugepages': '0\n' }, { 'hugepages-2Mi': '0' }],
  [
    'some set aside',
    { 'hugepages-2048kB/nr_hugepages': '32\n', 'hugepages-1048576kB/nr_hugepages': '1\n' },
    { 'hugepages-2Mi': '64Mi', 'hugepages-1Gi': '1024Mi' },
  ],
  ['none', {}, {}],
])('a kernel with huge pages, %s, has them to give', (_name, files, expected) => {
  expect(hugePages(machine(files))).toEqual(expected)
})
