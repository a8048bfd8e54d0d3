import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Container } from '../../model/pod.ts'
import type { PodEngine } from '../../runtime/pod-runtime.ts'
import type { Attempt } from '../observe.ts'
import { terminationMessage } from './termination-message.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'slipway-message-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

function messageOf(written: string | undefined, more: Partial<Container> = {}, exitCode = 1): Promise<string> {
  const file = join(dir, 'message')
  if (written !== undefined) writeFileSync(file, written)
  const engine = { logs: async () => Readable.from([Buffer.from('the log')]) } as unknown as PodEngine
  const container = { name: 'c', image: 'i', ...more }
  return terminationMessage({ id: 'id', exitCode } as Attempt, { container, file, engine })
}

describe('terminationMessage', () => {
  it('is what the container left in its file', async () => {
    expect(await messageOf('the end')).toBe('the end')
  })

  it('is the last 4096 bytes of a longer one', async () => {
    expect(await messageOf(`${'a'.repeat(5000)}z`)).toBe(`${'a'.repeat(4095)}z`)
  })

  it('is nothing where the file is gone', async () => {
    expect(await messageOf(undefined)).toBe('')
  })

  it('is the end of the log where that was asked for, nothing was left and the container failed', async () => {
    const policy = { terminationMessagePolicy: 'FallbackToLogsOnError' as const }

    expect(await messageOf('', policy)).toBe('the log')
    expect(await messageOf('', policy, 0)).toBe('')
    expect(await messageOf('mine', policy)).toBe('mine')
  })
})
