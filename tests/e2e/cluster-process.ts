import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('../../apps/slipway/bin/slipway.cjs', import.meta.url))

/** `slipway cluster` as a process of its own. */
export interface ClusterProcess {
  /** Resolves when it says that it is ready; rejects, with its output, when it ends before. */
  ready: Promise<void>
  /** What it printed so far. */
  output(): string
  /** Resident memory, in megabytes. */
  memory(): number
  /** Sends the signal and resolves when the process has ended, to its exit status; null = the signal ended it. */
  end(signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): Promise<number | null>
}

export function startClusterProcess(args: string[], env: NodeJS.ProcessEnv = process.env): ClusterProcess {
  const child = spawn(PROGRAM, ['cluster', ...args], { stdio: ['ignore', 'pipe', 'pipe'], env })
  let output = ''
  const ended = once(child, 'exit').then(([status]) => status as number | null)
  const ready = new Promise<void>((resolve, reject) => {
    const take = (text: Buffer): void => {
      output += text
      if (/^Ready\.$/m.test(output)) resolve()
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    void ended.then((status) => reject(new Error(`slipway cluster ended with status ${status}:\n${output}`)))
  })
  // Whoever kills it before it is ready expects no less.
  ready.catch(() => {})
  return {
    ready,
    output: () => output,
    memory: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024,
    end(signal) {
      child.kill(signal)
      return ended
    },
  }
}
