/** In a run of Slipway, tells the agent what was made, by a logging command on the output. */
export function reportArtifact(properties: {
  kind: 'image' | 'chart'
  name: string
  version?: string
  digest: string
}): void {
  if (!process.env.SLIPWAY_RUN) return
  const text = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(value)}`)
  process.stdout.write(`##vso[slipway.artifact ${text.join(';')}]\n`)
}

/** The escapes of logging commands (azure-pipelines-task-lib, taskcommand.ts). */
function escapeProperty(value: string): string {
  return value
    .replaceAll('%', '%AZP25')
    .replaceAll('\r', '%0D')
    .replaceAll('\n', '%0A')
    .replaceAll(']', '%5D')
    .replaceAll(';', '%3B')
}
