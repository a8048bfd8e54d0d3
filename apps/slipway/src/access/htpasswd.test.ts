import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hashSync } from 'bcryptjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Htpasswd } from './htpasswd.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'htpasswd-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const quiet = { onError: () => {} }
const line = (name: string, password: string): string => `${name}:${hashSync(password, 4)}\n`
const basic = (username: string, password: string) => ({ kind: 'basic' as const, username, password })

describe('a file of users', () => {
  it('lets in who has the right password, the second time too, and nobody else', async () => {
    const file = join(folder, 'users')
    await writeFile(file, `# people\n${line('alice', 'right')}\n`)
    const users = await Htpasswd.open(file, quiet)

    const answers = [
      await users.authenticate(basic('alice', 'right')),
      await users.authenticate(basic('alice', 'right')),
      await users.authenticate(basic('alice', 'wrong')),
      await users.authenticate(basic('bob', 'right')),
      await users.authenticate({ kind: 'bearer', token: 'right' }),
    ]

    const alice = { name: 'alice', role: 'admin' }
    expect(answers).toEqual([alice, alice, undefined, undefined, undefined])
  })

  it('is read again when it changes, and a spoilt one changes nothing but is told', async () => {
    const file = join(folder, 'changing')
    const errors: unknown[] = []
    await writeFile(file, line('alice', 'first'))
    let now = 0
    const users = await Htpasswd.open(file, { onError: (error) => errors.push(error), clock: () => now })

    await writeFile(file, `${line('alice', 'second')}${line('bob', 'third')}`)
    now += 1_000
    const old = await users.authenticate(basic('alice', 'first'))
    const changed = await users.authenticate(basic('alice', 'second'))
    await writeFile(file, 'not a user')
    // As far as it goes when a clock is put right.
    now -= 1_000_000
    const kept = await users.authenticate(basic('bob', 'third'))

    expect([old, changed?.name, kept?.name]).toEqual([undefined, 'alice', 'bob'])
    expect(errors).toMatchObject([{ code: 'HTPASSWD_INVALID', at: { file, line: 1 } }])
  })

  it('knows whether anybody can get in', async () => {
    const file = join(folder, 'empty')
    await writeFile(file, '# nobody yet\n')
    const users = await Htpasswd.open(file, quiet)
    expect(users.isEmpty).toBe(true)

    await writeFile(file, line('alice', 'right'))
    expect((await Htpasswd.open(file, quiet)).isEmpty).toBe(false)
  })

  it.each([
    ['md5 hashes', 'alice:$apr1$x$y\n'],
    ['plain passwords', 'alice:secret\n'],
  ])('is refused with %s', async (_what, text) => {
    const file = join(folder, 'refused')
    await writeFile(file, text)

    await expect(Htpasswd.open(file, quiet)).rejects.toMatchObject({ code: 'HTPASSWD_INVALID' })
  })

  it('is refused when it is not there', async () => {
    await expect(Htpasswd.open(join(folder, 'none'), quiet)).rejects.toMatchObject({ code: 'HTPASSWD_INVALID' })
  })

  it('sends guesses away when too many are being checked', async () => {
    const file = join(folder, 'busy')
    await writeFile(file, line('alice', 'right'))
    const users = await Htpasswd.open(file, quiet)

    const guesses = Array.from({ length: 80 }, (_, n) => users.authenticate(basic('alice', `guess ${n}`)))
    const outcomes = await Promise.allSettled(guesses)

    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(16)
    expect(outcomes.every((outcome) => outcome.status === 'rejected' || outcome.value === undefined)).toBe(true)
  })
})
