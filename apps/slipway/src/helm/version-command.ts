import { Template } from '@slipway/go-template'
import { defaultCapabilities } from '@slipway/helm-chart'

/** `helm version`: the version of Helm whose behaviour this command has. */
export function versionText(options: { short: boolean; template?: string }): string {
  const { version, gitCommit, gitTreeState, goVersion, kubeClientVersion } = defaultCapabilities.helmVersion
  const fields = {
    Version: version,
    GitCommit: gitCommit,
    GitTreeState: gitTreeState,
    GoVersion: goVersion,
    KubeClientVersion: kubeClientVersion,
  }
  if (options.template !== undefined) {
    const set = new Template({ functions: {} })
    set.parse('_', options.template)
    return set.execute('_', Object.assign(Object.create(null), fields))
  }
  if (options.short) return `${version}+g${gitCommit.slice(0, 7)}\n`
  const shown = Object.entries(fields).map(([name, value]) => `${name}:${JSON.stringify(value)}`)
  return `version.BuildInfo{${shown.join(', ')}}\n`
}
