import { cp, mkdir, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { UserError } from '@slipway/errors'
import { findFiles } from './find-files.ts'
import type { Task, TaskContext } from './task.ts'

/** PublishPipelineArtifact@1, which `publish:` is short for. */
export const publishPipelineArtifact: Task = {
  definition: {
    name: 'PublishPipelineArtifact',
    version: 1,
    friendlyName: 'Publish Pipeline Artifacts',
    inputs: [
      { name: 'targetPath', aliases: ['path'], type: 'filePath', default: '$(Pipeline.Workspace)', required: true },
      { name: 'artifactName', aliases: ['artifact'] },
      {
        name: 'artifactType',
        aliases: ['publishLocation'],
        type: 'pickList',
        options: ['pipeline'],
        default: 'pipeline',
      },
    ],
  },
  run: (context) => publish(context, context.path('targetPath'), context.input('artifactName') || context.run.name),
}

/** PublishBuildArtifacts@1, the older of the two. */
export const publishBuildArtifacts: Task = {
  definition: {
    name: 'PublishBuildArtifacts',
    version: 1,
    friendlyName: 'Publish build artifacts',
    inputs: [
      { name: 'PathtoPublish', type: 'filePath', default: '$(Build.ArtifactStagingDirectory)', required: true },
      { name: 'ArtifactName', default: 'drop', required: true },
      {
        name: 'ArtifactType',
        aliases: ['publishLocation'],
        type: 'pickList',
        options: ['Container'],
        default: 'Container',
      },
      { name: 'MaxArtifactSize', default: '0' },
      { name: 'StoreAsTar', type: 'pickList', options: ['false'], default: 'false' },
    ],
  },
  run: (context) => publish(context, context.path('PathtoPublish'), context.input('ArtifactName')),
}

/** DownloadPipelineArtifact@2, which `download:` is short for: artifacts of this run into the workspace. */
export const downloadPipelineArtifact: Task = {
  definition: {
    name: 'DownloadPipelineArtifact',
    version: 2,
    friendlyName: 'Download Pipeline Artifact',
    inputs: [
      { name: 'source', aliases: ['buildType'], type: 'pickList', options: ['current', 'none'], default: 'current' },
      { name: 'artifact', aliases: ['artifactName'] },
      { name: 'patterns', aliases: ['itemPattern'], default: '**' },
      { name: 'path', aliases: ['targetPath', 'downloadPath'], default: '$(Pipeline.Workspace)' },
    ],
  },
  async run(context) {
    if (context.input('source').toLowerCase() === 'none') return
    const artifact = context.input('artifact')
    const from = artifact ? artifactFolder(context, artifact) : join(context.runDir, 'artifacts')
    if (!(await exists(from))) {
      throw new UserError(
        'ARTIFACT_UNKNOWN',
        `this run has published no artifact${artifact ? ` named ${artifact}` : ''}`,
      )
    }
    const given = context.path('path')
    // `download:` puts each artifact into a folder of its name, unless a path is given.
    const to = artifact && given === context.layout.build ? join(given, artifact) : given
    const files = await findFiles(from, context.input('patterns').split('\n'))
    for (const file of files) await cp(file, join(to, file.slice(from.length)))
    context.log(`Downloaded ${files.length} files to ${to}`)
  },
}

async function publish(context: TaskContext, path: string, name: string): Promise<void> {
  const folder = artifactFolder(context, name)
  if (!(await exists(path))) throw new UserError('ARTIFACT_PATH_MISSING', `Path does not exist: ${path}`)
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const isFolder = (await stat(path)).isDirectory()
  await cp(path, isFolder ? folder : join(folder, basename(path)), { recursive: true })
  context.log(`Published ${path} as the artifact ${name}`)
}

function artifactFolder(context: TaskContext, name: string): string {
  if (/^[^\\/:*?"<>|]+$/.test(name) && !/^\.+$/.test(name)) return join(context.runDir, 'artifacts', name)
  throw new UserError('TASK_INPUT_INVALID', `${JSON.stringify(name)} is no name for an artifact`)
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
