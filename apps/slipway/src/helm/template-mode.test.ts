import { afterEach, describe, expect, it, vi } from 'vitest'
import { clusterUseOf } from './template-mode.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

describe('what template asks a cluster for', () => {
  it.each([
    ['helm4', undefined, false, ''],
    ['helm4', 'client', false, ''],
    ['helm4', 'server', false, 'lookup validate'],
    ['helm4', undefined, true, 'lookup validate'],
    ['helm3', undefined, false, ''],
    ['helm3', 'unset', false, ''],
    ['helm3', 'server', false, 'lookup'],
    ['helm3', 'none', false, 'lookup'],
    ['helm3', undefined, true, 'validate'],
    ['helm3', 'server', true, 'lookup validate'],
  ] as const)('%s --dry-run=%s, --validate: %s', (compat, dryRun, validate, uses) => {
    vi.spyOn(process.stderr, 'write').mockReturnValue(true)

    const use = clusterUseOf({ compat, validate, ...(dryRun !== undefined && { dryRun }) })

    expect(use).toEqual({ lookup: uses.includes('lookup'), validate: uses.includes('validate') })
  })

  it.each([
    ['helm4', 'none', 'invalid dry-run value ("none"). Must be "server" or "client"'],
    ['helm4', 'f', 'invalid dry-run value ("f"). Must be "server" or "client"'],
    ['helm4', 'odd', 'invalid dry-run value ("odd"). Must be "none", "server", or "client"'],
    ['helm3', 'odd', 'Invalid dry-run flag. Flag must one of the following: false, true, none, client, server'],
  ] as const)('%s --dry-run=%s is refused', (compat, dryRun, message) => {
    expect(() => clusterUseOf({ compat, dryRun, validate: false })).toThrow(message)
  })
})
