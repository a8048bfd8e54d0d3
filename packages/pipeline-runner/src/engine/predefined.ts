import { arch, hostname } from 'node:os'
import type { PlanJob, PlanStage } from '@slipway/pipeline-yaml'
import type { PipelineRunSpec } from '../run/model.ts'
import type { Layout } from './layout.ts'
import type { RunInput } from './state.ts'

const ARCHITECTURES: Record<string, string> = { x64: 'X64', arm64: 'ARM64', arm: 'ARM', ia32: 'X86' }
/** Any two will do; tools only ask that they are there. */
const COLLECTION_ID = '6c1f5e0a-8f0e-4b5e-9a3c-2f3d5a7b9c01'
const PROJECT_ID = '0f2b7c9e-64d1-4b0f-8e57-1c9a3d5e7f02'

/** The predefined variables that `${{ }}` may use already. */
export function compileVariables({ spec }: Pick<RunInput, 'spec'>): Record<string, string> {
  return {
    'Build.DefinitionName': spec.repository,
    'Build.Reason': spec.reason,
    'Build.QueuedBy': spec.requestedBy,
    'Build.RequestedFor': spec.requestedBy,
    'Build.SourceBranch': spec.ref,
    'Build.SourceBranchName': spec.ref.slice(spec.ref.lastIndexOf('/') + 1),
    'Build.SourceVersion': spec.commit,
    'System.DefinitionId': '1',
    'System.TeamProject': 'slipway',
    'System.TeamProjectId': PROJECT_ID,
  }
}

/** The predefined variables of a run. */
export function runVariables(
  input: RunInput,
  layout: Layout,
  { cloneUrl, collectionUri }: { cloneUrl: string; collectionUri: string },
): Record<string, string> {
  const { spec, attempt } = input
  return {
    ...compileVariables(input),
    'Agent.BuildDirectory': layout.build,
    'Agent.HomeDirectory': layout.work,
    'Agent.Id': '1',
    'Agent.MachineName': hostname(),
    'Agent.Name': 'slipway',
    'Agent.OS': process.platform === 'darwin' ? 'Darwin' : 'Linux',
    'Agent.OSArchitecture': ARCHITECTURES[arch()] ?? 'X64',
    'Agent.TempDirectory': layout.temp,
    'Agent.ToolsDirectory': layout.tools,
    // Tasks ask for a minimum.
    'Agent.Version': '4.255.0',
    'Agent.WorkFolder': layout.work,
    'Build.ArtifactStagingDirectory': layout.staging,
    'Build.BinariesDirectory': layout.binaries,
    'Build.BuildId': String(spec.buildId),
    'Build.BuildUri': `vstfs:///Build/Build/${spec.buildId}`,
    'Build.DefinitionVersion': '1',
    'Build.Repository.Clean': 'False',
    'Build.Repository.ID': spec.repository,
    'Build.Repository.LocalPath': layout.sources,
    'Build.Repository.Name': spec.repository,
    'Build.Repository.Provider': 'TfsGit',
    'Build.Repository.Uri': cloneUrl,
    'Build.SourceVersionMessage': input.commitMessage.split('\n')[0] ?? '',
    'Build.SourcesDirectory': layout.sources,
    'Build.StagingDirectory': layout.staging,
    'Common.TestResultsDirectory': layout.testResults,
    'Pipeline.Workspace': layout.build,
    'System.CollectionId': COLLECTION_ID,
    'System.CollectionUri': collectionUri,
    'System.DefaultWorkingDirectory': layout.sources,
    'System.HostType': 'build',
    'System.JobAttempt': String(attempt),
    'System.PhaseAttempt': '1',
    'System.StageAttempt': '1',
    'System.TeamFoundationCollectionUri': collectionUri,
    TF_BUILD: 'True',
  }
}

/** Those of one job. */
export function jobVariables(stage: PlanStage, job: PlanJob): Record<string, string> {
  return {
    'Agent.JobName': job.displayName,
    'Agent.JobStatus': 'Succeeded',
    'System.JobDisplayName': job.displayName,
    'System.JobName': job.name,
    'System.PhaseDisplayName': job.displayName,
    'System.PhaseName': job.name,
    'System.StageDisplayName': stage.displayName,
    'System.StageName': stage.name,
  }
}

const DEFAULT_NAME = '$(Date:yyyyMMdd).$(Rev:r)'

/** The run's number from the pipeline's `name`. `Rev` is the build id, which never repeats. */
export function buildNumber(name: string | undefined, spec: PipelineRunSpec, date: Date): string {
  const [day, time] = date.toISOString().split('T') as [string, string]
  const [year, month, dayOfMonth] = day.split('-') as [string, string, string]
  const [hours, minutes, seconds] = time.slice(0, 8).split(':') as [string, string, string]
  const parts: Record<string, string> = {
    yyyy: year,
    yy: year.slice(2),
    MM: month,
    dd: dayOfMonth,
    HH: hours,
    mm: minutes,
    ss: seconds,
  }
  return (name || DEFAULT_NAME)
    .replace(/\$\((Date|Year):([^)]*)\)/gi, (_, __, format: string) =>
      format.replace(/yyyy|yy|MM|dd|HH|mm|ss/g, (part) => parts[part] ?? part),
    )
    .replace(/\$\(Rev:r+\)|\$\(BuildID\)/gi, String(spec.buildId))
    .slice(0, 255)
}
