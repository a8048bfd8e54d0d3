import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { Descriptions } from '@slipway/kube-apiserver'

/** Written by the build (tools/kube-descriptions.mjs), so that there is none where the program runs from its sources. */
const FILE = new URL('./kube-descriptions.json.gz', import.meta.url)

/** What Kubernetes says of its kinds and fields: a megabyte, which is read where it is asked for and not kept. */
export const readKubeDescriptions = existsSync(FILE) ? read : undefined

async function read(): Promise<Descriptions> {
  return JSON.parse((await promisify(gunzip)(await readFile(FILE))).toString()) as Descriptions
}
