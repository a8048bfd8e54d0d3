import { type Duplex, PassThrough, type Readable } from 'node:stream'
import type { EngineHttp } from './engine-http.ts'
import { demultiplex } from './frames.ts'
import type { ExecRequest, ProcessSession } from './port.ts'

/** The parts of `GET /exec/{id}/json` that are read here. */
interface ExecAnswer {
  ExitCode: number | null
  Running: boolean
  /** As this machine counts, where the engine runs on it. */
  Pid: number
}

/** Starts a process in a running container. `isLocal` = the engine's processes are this machine's. */
export async function startExec(
  http: EngineHttp,
  { id, isLocal }: { id: string; isLocal: boolean },
  request: ExecRequest,
): Promise<ProcessSession> {
  const tty = request.tty ?? false
  const { Id: execId } = await http.json<{ Id: string }>({
    method: 'POST',
    path: `/containers/${id}/exec`,
    body: {
      Cmd: request.command,
      Tty: tty,
      AttachStdin: request.stdin ?? false,
      AttachStdout: true,
      AttachStderr: true,
      ...(request.env && { Env: request.env }),
      ...(request.user && { User: request.user }),
      ...(request.workingDir && { WorkingDir: request.workingDir }),
    },
  })
  const socket = await http.hijack({ method: 'POST', path: `/exec/${execId}/start`, body: { Detach: false, Tty: tty } })
  const streams = connect(socket, tty)
  const inspect = (): Promise<ExecAnswer> => http.json({ method: 'GET', path: `/exec/${execId}/json` })
  return {
    ...streams,
    exited: streams.ended.then(async () => (await inspect()).ExitCode ?? 0),
    resize: (size) => resize(http, `/exec/${execId}/resize`, size),
    close: () => socket.destroy(),
    // No engine has a request for it.
    async kill() {
      const { Running, Pid } = await inspect()
      if (isLocal && Running && Pid > 0) killProcess(Pid)
    },
  }
}

/** Connects to the main process of a container. */
export async function attachTo(
  http: EngineHttp,
  id: string,
  { tty, stdin }: { tty: boolean; stdin: boolean },
): Promise<ProcessSession> {
  const socket = await http.hijack({
    method: 'POST',
    path: `/containers/${id}/attach`,
    query: { stream: '1', stdin: stdin ? '1' : '0', stdout: '1', stderr: '1' },
  })
  const streams = connect(socket, tty)
  return {
    ...streams,
    exited: streams.ended.then(() => 0),
    resize: (size) => resize(http, `/containers/${id}/resize`, size),
    close: () => socket.destroy(),
    kill: async () => {},
  }
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended meanwhile, or is another user's.
  }
}

function connect(
  socket: Duplex,
  tty: boolean,
): { stdin: Duplex; stdout: Readable; stderr: Readable; ended: Promise<void> } {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  // A broken connection shows as the end of the output.
  socket.on('error', () => socket.destroy())
  if (!tty) return { stdin: socket, stdout, stderr, ended: demultiplex(socket, stdout, stderr) }
  stderr.end()
  const ended = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  socket.on('close', () => stdout.end())
  socket.pipe(stdout)
  return { stdin: socket, stdout, stderr, ended }
}

async function resize(http: EngineHttp, path: string, size: { rows: number; columns: number }): Promise<void> {
  await http.json({ method: 'POST', path, query: { h: String(size.rows), w: String(size.columns) } })
}
