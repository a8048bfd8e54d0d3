import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { TransientError } from '@slipway/errors'
import type { GlobalOptions } from '../connect.ts'
import { DataFolder } from '../data-folder.ts'

interface Options extends GlobalOptions {
  purge?: boolean
}

const PATIENCE = 30_000

/** Stops the server that runs on the data folder and waits until it is gone; with --purge, removes the folder. */
export async function run({ data, purge }: Options): Promise<void> {
  const folder = new DataFolder(data)
  const instance = folder.findInstance()
  if (instance) {
    if (purge) folder.write('purge', '')
    process.kill(instance.pid, 'SIGTERM')
    const deadline = performance.now() + PATIENCE
    while (folder.findInstance()) {
      if (performance.now() > deadline)
        throw new TransientError('STOP_TIMEOUT', `process ${instance.pid} is still stopping`)
      await sleep(50)
    }
  }
  console.log(instance ? 'stopped' : `nothing runs on ${data}`)
  if (!purge) {
    if (instance) console.log('containers go on running and are taken up again by: slipway up (--purge removes them)')
    return
  }
  rmSync(data, { recursive: true, force: true })
  console.log(`removed ${data}`)
}
