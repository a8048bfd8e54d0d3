import { describe, expect, it } from 'vitest'
import { Turnstile } from './limits.ts'
import { refusalsOf } from './push-rules.ts'

describe('Turnstile', () => {
  it('lets so many run, so many wait, and turns the rest away', async () => {
    const turnstile = new Turnstile(2, 1)
    const open: (() => void)[] = []
    let running = 0
    const task = async (): Promise<void> => {
      running++
      await new Promise<void>((resolve) => open.push(resolve))
      running--
    }
    const first = turnstile.run(task)
    const second = turnstile.run(task)
    const third = turnstile.run(task)

    await expect(turnstile.run(task)).rejects.toMatchObject({ code: 'GIT_HOST_BUSY', class: 'transient' })
    expect(running).toBe(2)
    open[0]?.()
    await first
    await expect.poll(() => open.length).toBe(3)
    open[1]?.()
    open[2]?.()
    await Promise.all([second, third])
    expect(running).toBe(0)
  })
})

describe('push rules', () => {
  it.each([
    'refs/heads/../x',
    'refs/remotes/x',
    'HEAD',
    'refs/heads/a\u0001',
    'refs/heads/x.lock',
  ])('refuse %j', (ref) => {
    expect(refusalsOf([{ ref, oldId: '0', newId: '1' }], []).get(ref)).toBe('ref name not allowed')
  })
})
