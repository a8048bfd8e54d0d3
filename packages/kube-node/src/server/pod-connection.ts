import { spawn } from 'node:child_process'
import { createConnection } from 'node:net'
import { Duplex } from 'node:stream'
import type { PodAddress } from '../kubelet/observed-pod.ts'

/** Connects to a port of a pod. A program that listens on the pod's own loopback alone is reached from inside of its network. */
export async function connectToPod({ host, port, pid }: PodAddress): Promise<Duplex> {
  const socket = createConnection({ host, port, allowHalfOpen: true })
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.off('error', reject)
        resolve()
      })
    })
    return socket
  } catch (error) {
    const inside = pid !== undefined && (error as NodeJS.ErrnoException).code === 'ECONNREFUSED'
    const connection = inside ? await connectInside(pid, port) : undefined
    if (!connection) throw error
    return connection
  }
}

const CONNECTED = 'connected'
/** Joins standard input and output with a port of this process's network. */
const RELAY = `
const socket = require('node:net').connect({ host: 'localhost', port: Number(process.argv[1]), allowHalfOpen: true })
socket.on('error', () => process.exit(1))
socket.on('connect', () => {
  process.stderr.write('${CONNECTED}')
  process.stdin.pipe(socket).pipe(require('node:fs').createWriteStream('', { fd: 1 }))
})`

/** Undefined when nobody listens there, or this process may not join that network. */
async function connectInside(pid: number, port: number): Promise<Duplex | undefined> {
  const relay = [process.execPath, '-e', RELAY, String(port)]
  const child = spawn('nsenter', [`--net=/proc/${pid}/ns/net`, '--', ...relay])
  const isConnected = await new Promise<boolean>((resolve) => {
    child.once('error', () => resolve(false))
    child.once('exit', () => resolve(false))
    child.stderr.once('data', (text: Buffer) => resolve(text.toString() === CONNECTED))
  })
  if (!isConnected) return undefined
  const connection = Duplex.from({ readable: child.stdout, writable: child.stdin })
  connection.once('close', () => child.kill())
  return connection
}
