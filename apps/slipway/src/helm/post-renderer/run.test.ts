import { describe, expect, it } from 'vitest'
import { commandFor } from './run.ts'

const all = { command: 'all' }
const linux = { os: 'linux', command: 'linux' }
const linuxArm = { os: 'Linux', arch: 'arm64', command: 'linux-arm' }
const windows = { os: 'windows', arch: 'amd64', command: 'windows' }
const armOnly = { arch: 'arm64', command: 'arm' }

describe('commandFor', () => {
  it.each([
    ['system and processor', [all, linux, linuxArm], 'linux', 'arm64', 'linux-arm'],
    ['the system', [all, linux, linuxArm], 'linux', 'x64', 'linux'],
    ['all', [linuxArm, all, linux], 'darwin', 'arm64', 'all'],
    ["Go's names of systems and processors", [all, windows], 'win32', 'x64', 'windows'],
    ['no processor without its system', [armOnly], 'linux', 'arm64', undefined],
    ['nothing that is for others', [windows], 'linux', 'x64', undefined],
  ])('takes the command for %s', (_, commands, platform, arch, expected) => {
    expect(commandFor(commands, { platform, arch })?.command).toBe(expected)
  })
})
