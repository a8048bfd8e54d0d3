/** Installs Podman and runc from Debian where no container engine is and we may; otherwise says what to install. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const PACKAGES = ['podman', 'runc', 'buildah', 'busybox-static', 'iptables', 'nftables']

export function ensureContainerEngine() {
  if (answers('docker', ['version', '--format', '{{.Server.Version}}']) || answers('podman', ['--version'])) return true
  const isDebianRoot = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')
  if (!isDebianRoot) {
    console.log('No container engine answers: install Docker or Podman (Debian: apt-get install podman runc).')
    return false
  }
  console.log(`No container engine answers: installing ${PACKAGES.join(', ')} from Debian.`)
  for (const args of [
    ['update', '-qq'],
    ['install', '-y', '-qq', '--no-install-recommends', ...PACKAGES],
  ]) {
    const { status, stderr } = spawnSync('apt-get', args, {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    if (status !== 0) {
      console.log(`apt-get ${args[0]} failed: ${stderr}`)
      return false
    }
  }
  return true
}

function answers(command, args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}
