import { restore } from '../backup/restore.ts'
import type { GlobalOptions } from '../connect.ts'
import { DataFolder } from '../data-folder.ts'

/** Makes a data folder of a backup; a server is started on it afterwards. */
export async function run({ data }: GlobalOptions, file: string): Promise<void> {
  await restore(new DataFolder(data), file)
  console.log(`restored ${file} to ${data}`)
}
