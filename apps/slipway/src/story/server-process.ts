import { spawn } from 'node:child_process'
import { openSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { TransientError, UserError } from '@slipway/errors'
import { DataFolder, type Instance } from '../data-folder.ts'

export interface ServerProcess {
  instance: Required<Instance>
  pid: number
  /** What it printed so far. */
  output: () => string
  /** Resolves when the process has ended. */
  ended: Promise<void>
}

/** Starts `slipway up` (`program` is the executable) as a process of its own that outlives this one; resolves when it is ready. */
export async function startServerProcess(program: string, data: string, args: string[]): Promise<ServerProcess> {
  const folder = new DataFolder(data)
  folder.folder()
  const log = folder.file('server.log')
  const out = openSync(log, 'w')
  const child = spawn(program, ['--data', data, 'up', ...args], {
    detached: true,
    stdio: ['ignore', out, out],
  })
  child.unref()
  const output = (): string => readFileSync(log, 'utf8')
  let status: number | null | undefined
  const ended = new Promise<void>((resolve) => {
    child.on('exit', (code) => {
      status = code
      resolve()
    })
  })
  const deadline = Date.now() + 30_000
  while (status === undefined && Date.now() < deadline) {
    const instance = folder.findInstance() as Required<Instance> | undefined
    if (instance && instance.pid === child.pid) return { instance, pid: instance.pid, output, ended }
    await sleep(10)
  }
  if (status !== undefined) throw new UserError('SERVER_FAILED', `slipway up ended with status ${status}:\n${output()}`)
  throw new TransientError('SERVER_TIMEOUT', `slipway up is not ready after 30 s:\n${output()}`)
}
