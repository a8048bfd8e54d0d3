import { cp, rm } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import { findFiles } from './find-files.ts'
import type { Task } from './task.ts'

/** CopyFiles@2. */
export const copyFiles: Task = {
  definition: {
    name: 'CopyFiles',
    version: 2,
    friendlyName: 'Copy files',
    inputs: [
      { name: 'SourceFolder', type: 'filePath' },
      { name: 'Contents', default: '**', required: true },
      { name: 'TargetFolder', type: 'filePath', required: true },
      { name: 'CleanTargetFolder', type: 'boolean', default: 'false' },
      { name: 'OverWrite', type: 'boolean', default: 'false' },
      { name: 'flattenFolders', type: 'boolean', default: 'false' },
      { name: 'preserveTimestamp', type: 'boolean', default: 'false' },
    ],
  },
  async run(context) {
    const source = context.path('SourceFolder')
    const target = context.path('TargetFolder')
    const files = await findFiles(source, context.input('Contents').split('\n'))
    if (context.boolean('CleanTargetFolder')) await rm(target, { recursive: true, force: true })
    for (const file of files) {
      const name = context.boolean('flattenFolders') ? basename(file) : relative(source, file)
      await cp(file, join(target, name), {
        force: context.boolean('OverWrite'),
        preserveTimestamps: context.boolean('preserveTimestamp'),
      })
    }
    context.log(`found ${files.length} files\nCopied to ${target}`)
  },
}
