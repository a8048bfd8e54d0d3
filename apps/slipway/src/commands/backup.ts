import { statSync } from 'node:fs'
import { backUp } from '../backup/back-up.ts'
import type { GlobalOptions } from '../connect.ts'
import { DataFolder } from '../data-folder.ts'

/** Writes all data into one file, whether a server runs or not. */
export async function run({ data }: GlobalOptions, file: string): Promise<void> {
  await backUp(new DataFolder(data), file)
  const megabytes = statSync(file).size / 1024 / 1024
  console.log(`backed up ${data} to ${file} (${megabytes.toFixed(1)} MB)`)
}
