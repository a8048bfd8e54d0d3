import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ContainerEngine, ContainerSpec } from './port.ts'
import { buildTestImage, testEngine } from './testing/index.ts'

const running = await testEngine(process.env)

const IMAGE = 'localhost/slipway-engine-test/busybox:1'
const LABELS = { 'slipway.test': `engine-${process.pid}` }

describe.skipIf(!running)(
  `a real container engine${running ? '' : ' (skipped: no Docker, Podman or /bin/busybox here)'}`,
  () => {
    let engine: ContainerEngine
    const names: string[] = []
    const create = async (name: string, spec: Omit<ContainerSpec, 'name' | 'image'>): Promise<string> => {
      names.push(`slipway-engine-test-${name}-${process.pid}`)
      return engine.createContainer({ image: IMAGE, labels: LABELS, ...spec, name: names.at(-1)! })
    }

    beforeAll(async () => {
      engine = running!.engine
      await buildTestImage(engine, IMAGE, { dockerfile: 'ENTRYPOINT ["/bin/busybox"]\nCMD ["echo", "default"]' })
    })
    afterAll(async () => {
      for (const name of names) await engine.remove(name)
      await running?.stop()
    })

    it('says why a build failed though the answer began with status 200', async () => {
      const build = buildTestImage(engine, 'localhost/slipway-engine-test/bad:1', {
        dockerfile: 'RUN ["/bin/busybox", "false"]',
      })

      await expect(build).rejects.toMatchObject({ code: 'IMAGE_BUILD_FAILED' })
    })

    it.each([
      ['nothing', {}, 'default\n'],
      ['a command', { command: ['echo', 'mine'] }, 'mine\n'],
      ['an entry point, which drops the command', { entrypoint: ['/bin/busybox', 'echo'] }, '\n'],
    ])('runs what the image and the request say together: %s', async (name, spec, output) => {
      const id = await create(name.replaceAll(/\W/g, '-'), spec)
      await engine.start(id)

      expect(await engine.wait(id)).toBe(0)
      expect(await text(await engine.logs(id))).toBe(output)
    })

    it('keeps the last 10 MB of what a container says', async () => {
      const id = await create('talk', {
        command: ['sh', '-c', 'yes "slipway talks" | head -c 15000000; echo; echo end'],
      })
      await engine.start(id)
      await engine.wait(id)

      const said = await text(await engine.logs(id))

      expect(said.length).toBeLessThan(11_000_000)
      expect(said.endsWith('\nend\n')).toBe(true)
    })

    it('keeps a container from the system calls that the profile in a file denies', async () => {
      const file = join(mkdtempSync(join(tmpdir(), 'slipway-seccomp-')), 'no-mkdir.json')
      const syscalls = [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO' }]
      writeFileSync(file, JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls }))
      const denied = await create('seccomp', { command: ['mkdir', '/new'], seccomp: { file } })
      const allowed = await create('no-seccomp', { command: ['mkdir', '/new'], seccomp: 'unconfined' })
      for (const id of [denied, allowed]) await engine.start(id)

      expect([await engine.wait(denied), await engine.wait(allowed)]).toEqual([1, 0])
      rmSync(dirname(file), { recursive: true })
    })

    it.each([
      1000, 500, -998,
    ])('gives processes the score %i for when memory is short, or the least that it may', async (score) => {
      const id = await create(`oom-${score}`, { command: ['cat', '/proc/self/oom_score_adj'], oomScoreAdj: score })
      await engine.start(id)

      expect(await engine.wait(id)).toBe(0)
      const { leastOomScoreAdj } = await engine.info()
      expect((await text(await engine.logs(id))).trim()).toBe(String(Math.max(score, leastOomScoreAdj)))
    })

    it('tells of starts and ends, by label', async () => {
      const abort = new AbortController()
      const actions: string[] = []
      let ready = (): void => {}
      const listening = new Promise<void>((resolve) => {
        ready = resolve
      })
      const seen = (async () => {
        for await (const event of engine.events({ labels: LABELS }, { signal: abort.signal, onReady: ready })) {
          if (event.name.includes('-events-')) actions.push(event.action)
          if (event.name.includes('-events-') && event.action === 'die') return
        }
      })()
      await listening

      const id = await create('events', { command: ['false'] })
      await engine.start(id)
      await seen
      abort.abort()

      expect(actions).toEqual(expect.arrayContaining(['create', 'start', 'die']))
      expect(await engine.inspect(id)).toMatchObject({ status: 'exited', exitCode: 1 })
    })

    it('runs processes inside with their input, both outputs and exit code', async () => {
      const id = await create('exec', {
        command: ['sh', '-c', 'trap exit TERM; while :; do /bin/busybox sleep 0.1; done'],
      })
      await engine.start(id)

      const session = await engine.exec(id, {
        command: ['/bin/busybox', 'sh', '-c', '/bin/busybox cat; echo bad >&2; exit 7'],
        stdin: true,
      })
      session.stdin.end('to the end')

      expect(await Promise.all([text(session.stdout), text(session.stderr)])).toEqual(['to the end', 'bad\n'])
      expect(await session.exited).toBe(7)
      expect(await engine.inspect(id)).toMatchObject({ status: 'running', ipAddress: expect.any(String) })
      await engine.stop(id, 5)
      await engine.stop(id, 5)
      await engine.kill(id)
      expect(await engine.list({ labels: LABELS })).toContainEqual(expect.objectContaining({ id, status: 'exited' }))
    })

    it('lets processes in while a container takes its time to end, and ends it when that is over', async () => {
      const id = await create('stopping', {
        command: ['sh', '-c', 'trap "echo asked" TERM; echo up; while :; do /bin/busybox sleep 0.1; done'],
      })
      await engine.start(id)
      const log = await engine.logs(id, { follow: true })
      let said = ''
      const until = async (word: string): Promise<void> => {
        while (!said.includes(word)) said += String((await once(log, 'data'))[0])
      }
      await until('up')
      const stopped = engine.stop(id, 3)
      await until('asked')

      const session = await engine.exec(id, { command: ['/bin/busybox', 'echo', 'inside'] })

      expect(await text(session.stdout)).toBe('inside\n')
      await stopped
      expect(await engine.inspect(id)).toMatchObject({ status: 'exited', exitCode: 137 })
    })

    it('ends a process inside, and leaves the container be', async () => {
      const id = await create('exec-kill', { command: ['sleep', '600'] })
      await engine.start(id)
      const session = await engine.exec(id, {
        command: ['/bin/busybox', 'sh', '-c', 'echo up; exec /bin/busybox sleep 600'],
      })
      await once(session.stdout, 'data')

      await session.kill()

      expect(await session.exited).toBe(137)
      expect(await engine.inspect(id)).toMatchObject({ status: 'running' })
      await session.kill()
    })

    it('gives undefined, false or ENGINE_NOT_FOUND for what is not there', async () => {
      expect(await engine.inspect('slipway-no-such')).toBeUndefined()
      expect(await engine.inspectImage('localhost/slipway/no-such:1')).toBeUndefined()
      expect(await engine.remove('slipway-no-such')).toBe(false)
      await expect(engine.start('slipway-no-such')).rejects.toMatchObject({ code: 'ENGINE_NOT_FOUND' })
    })

    it('pushes over plain HTTP with credentials, to the digest that the registry got', async () => {
      const registry = createServer((request, response) => {
        const answer = (status: number, headers = {}): unknown =>
          request.resume().on('end', () => response.writeHead(status, headers).end())
        if (!request.headers.authorization) return answer(401, { 'www-authenticate': 'Basic realm="test"' })
        if (request.method === 'HEAD') return answer(404)
        if (request.method === 'POST') return answer(202, { location: `${request.url}1` })
        if (request.method === 'PATCH') return answer(202, { location: request.url })
        return answer(request.method === 'PUT' ? 201 : 200)
      })
      registry.listen(0, '127.0.0.1')
      await once(registry, 'listening')
      const target = `127.0.0.1:${(registry.address() as AddressInfo).port}/app:1`
      await engine.tag(IMAGE, target)

      const pushed = await engine.push(target, { username: 'u', password: 'p', insecure: true })

      expect(pushed.digest).toMatch(/^sha256:[0-9a-f]{64}$/)
      await engine.removeImage(target)
      registry.close()
    })

    it('lists images: all of them, or those with a label', async () => {
      const mine = expect.objectContaining({ tags: [IMAGE], size: expect.any(Number) })

      expect(await engine.listImages()).toContainEqual(mine)
      expect(await engine.listImages({ labels: { 'slipway.test': 'of no image' } })).toEqual([])
    })

    it('saves images and loads them', async () => {
      const loaded = await engine.load(await engine.save(IMAGE))

      expect(loaded.join()).toContain('slipway-engine-test/busybox:1')
    })
  },
)

async function text(stream: Readable): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString('utf8')
}
