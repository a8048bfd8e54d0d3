import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DataFolder } from '../data-folder.ts'
import { Narrator } from '../story/narrator.ts'
import { startServerProcess } from '../story/server-process.ts'
import { Story } from '../story/story.ts'
import { tellStory } from '../story/tell-story.ts'
import { run as stopServer } from './down.ts'

interface Options {
  stop?: boolean
}

/** The program and the examples, next to the bundle that this code is in. */
const PROGRAM = fileURLToPath(new URL('../bin/slipway.cjs', import.meta.url))
const EXAMPLES = fileURLToPath(new URL('../../../examples', import.meta.url))

/** Carries the whole story through real components, in a data folder of its own, and leaves the server running unless told to stop it. */
export async function run({ stop }: Options): Promise<void> {
  const data = join(tmpdir(), 'slipway-demo')
  if (new DataFolder(data).findInstance()) await stopServer({ data, purge: true })
  rmSync(data, { recursive: true, force: true })
  const narrator = new Narrator()
  narrator.chapter('slipway up')
  const server = await startServerProcess(PROGRAM, data, ['--http-port', '0', '--ssh-port', '0', '--kube-port', '0'])
  for (const line of server.output().split('\n')) if (/^[A-Z]/.test(line)) narrator.line(line)
  const story = new Story(data, server.instance, EXAMPLES)
  try {
    await tellStory(story, narrator)
  } finally {
    await story.close()
    rmSync(story.folder, { recursive: true, force: true })
    if (stop) await stopServer({ data, purge: true })
  }
  if (!stop) farewell(data)
}

function farewell(data: string): void {
  console.log(`
The server goes on running. Try:
  npx slipway --data ${data} get all
  export KUBECONFIG=${join(data, 'kubeconfig')} && kubectl get pods,services && helm list
Stop it and remove everything with:
  npx slipway --data ${data} down --purge`)
}
