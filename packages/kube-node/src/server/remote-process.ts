import type { Readable, Writable } from 'node:stream'
import type { ProcessSession } from '@slipway/container-engine'
import { messageOf } from '@slipway/errors'

/** The client's side of exec or attach, whichever protocol carries it. */
export interface RemoteTerminal {
  stdin?: Readable
  stdout?: Writable
  stderr?: Writable
  onResize(listener: (size: { rows: number; columns: number }) => void): void
  onGone(listener: () => void): void
  /** Sends the outcome (metav1.Status) and ends the connection. */
  finish(status: object): void
}

/** What the client asked for. */
export interface ProcessOptions {
  command: string[]
  stdin: boolean
  stdout: boolean
  stderr: boolean
  tty: boolean
}

/** Joins a process in a container with a client until one of them ends. */
export async function joinProcess(terminal: RemoteTerminal, open: () => Promise<ProcessSession>): Promise<void> {
  let session: ProcessSession
  try {
    session = await open()
  } catch (error) {
    terminal.finish(failure(messageOf(error)))
    return
  }
  terminal.onGone(() => session.close())
  terminal.onResize((size) => {
    // A process that has just ended has no terminal to resize.
    session.resize(size).catch(() => {})
  })
  terminal.stdin?.pipe(session.stdin)
  const copied = [copy(session.stdout, terminal.stdout), copy(session.stderr, terminal.stderr)]
  try {
    const [code] = await Promise.all([session.exited, ...copied])
    terminal.finish(code === 0 ? { metadata: {}, status: 'Success' } : exitStatus(code))
  } catch (error) {
    terminal.finish(failure(messageOf(error)))
  }
}

/** Resolves at the end of the source; the target stays open, since the status still follows. */
function copy(source: Readable, target: Writable | undefined): Promise<void> {
  return new Promise((resolve) => {
    source.on('close', () => resolve())
    source.on('end', () => resolve())
    if (target) source.pipe(target, { end: false })
    else source.resume()
  })
}

/** What kubectl takes its own exit code from. */
function exitStatus(code: number): object {
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${code}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  }
}

function failure(message: string): object {
  return { metadata: {}, status: 'Failure', message, reason: 'InternalError', code: 500 }
}

/** The size in a message of the resize channel; undefined when it is none. */
export function parseResize(text: string): { rows: number; columns: number } | undefined {
  try {
    const { Width, Height } = JSON.parse(text) as { Width?: number; Height?: number }
    return Width && Height ? { rows: Height, columns: Width } : undefined
  } catch {
    return undefined
  }
}
