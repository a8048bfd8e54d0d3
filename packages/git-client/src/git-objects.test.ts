import { describe, expect, it } from 'vitest'
import { parseCommit } from './git-objects.ts'

const commit = (message: string, seconds = 1): Buffer =>
  Buffer.from(`tree 0\nauthor A <a@x> 1 +0000\ncommitter A <a@x> ${seconds} +0100\n\n${message}`)

describe('parseCommit', () => {
  it('reads a message with very many spaces at once', () => {
    const start = process.cpuUsage()

    expect(parseCommit('1', commit(`a${' '.repeat(500_000)}b \nc\n\nbody`)).subject).toMatch(/^a +b c$/)
    expect(process.cpuUsage(start).user).toBeLessThan(1_000_000)
  })

  it('takes a time that no calendar has for none', () => {
    expect(parseCommit('1', commit('x', 9e15)).time).toBe('1970-01-01T00:00:00+01:00')
  })
})
