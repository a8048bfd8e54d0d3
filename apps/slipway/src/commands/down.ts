import { existsSync, rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { TransientError } from '@slipway/errors'
import { lockFile } from '@slipway/storage'
import type { GlobalOptions } from '../connect.ts'
import { DataFolder, PURGE } from '../data-folder.ts'

interface Options extends GlobalOptions {
  purge?: boolean
}

const PATIENCE = 30_000

/** Stops the server that runs on the data folder and waits until it is gone; with --purge, removes the folder. */
export async function run({ data, purge }: Options): Promise<void> {
  const folder = new DataFolder(data)
  const pid = folder.findProcess()
  if (pid !== undefined) {
    if (purge) folder.write(PURGE, '')
    process.kill(pid, 'SIGTERM')
    const deadline = performance.now() + PATIENCE
    while (folder.findProcess() === pid) {
      if (performance.now() > deadline) throw new TransientError('STOP_TIMEOUT', `process ${pid} is still stopping`)
      await sleep(50)
    }
  }
  console.log(pid === undefined ? `nothing runs on ${data}` : 'stopped')
  if (!purge) {
    if (pid !== undefined)
      console.log('containers go on running and are taken up again by: slipway up (--purge removes them)')
    return
  }
  await removeUnused(folder)
  console.log(`removed ${data}`)
}

/** Throws UserError DATA_DIR_IN_USE where something else runs on the folder, such as `slipway cluster`. */
async function removeUnused(folder: DataFolder): Promise<void> {
  const database = folder.file('cluster.db')
  if (existsSync(database)) {
    const release = await lockFile(`${database}.lock`, database)
    release()
  }
  rmSync(folder.path, { recursive: true, force: true })
}
