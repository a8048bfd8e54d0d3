import { type TemplateObject, templateObjectOf, withType } from '@slipway/go-template'
import { withSerialForm } from '../functions/plain.ts'
import { structOf } from '../functions/struct.ts'
import { kubernetesApiVersions } from './api-versions.ts'

/** What a cluster offers, as `.Capabilities` shows it. */
export interface Capabilities {
  /** The version as given, with a `v`. */
  readonly kubeVersion: string
  /** Group versions, and where known group version kinds, e.g. `apps/v1`, `apps/v1/Deployment`. */
  readonly apiVersions: readonly string[]
  readonly helmVersion: HelmVersion
}

export interface HelmVersion {
  readonly version: string
  readonly gitCommit: string
  readonly gitTreeState: string
  readonly goVersion: string
  readonly kubeClientVersion: string
}

/** What Helm 4.1.4 assumes where there is no cluster. */
export const defaultCapabilities: Capabilities = {
  kubeVersion: 'v1.35.0',
  apiVersions: kubernetesApiVersions,
  helmVersion: {
    version: 'v4.1.4',
    gitCommit: '05fa37973dc9e42b76e1d2883494c87174b6074f',
    gitTreeState: 'clean',
    goVersion: 'go1.25.9',
    kubeClientVersion: 'v1.35',
  },
}

/** A Kubernetes version with its parts; throws an Error with Helm's text when it is none. */
export interface KubeVersion {
  readonly text: string
  /** Without suffixes: what version constraints see. */
  readonly normalized: string
  readonly major: string
  readonly minor: string
}

/** Reads a version as `--kube-version` and a cluster give it, e.g. `1.31`, `v1.33.4-gke.1245000`. */
export function parseKubeVersion(text: string): KubeVersion {
  const match = /^\s*v?([0-9]+(?:\.[0-9]+)*)(.*)$/.exec(text)
  const parts = match?.[1]?.split('.') ?? []
  if (!match || parts.length < 2) throw new Error(`could not parse ${JSON.stringify(text)} as version`)
  if (parts.some((part) => /^0./.test(part)))
    throw new Error(
      `illegal zero-prefixed version component ${JSON.stringify(parts.find((part) => /^0./.test(part)))} in ${JSON.stringify(text)}`,
    )
  const [major = '', minor = '', patch = '0'] = parts
  return { text: text.startsWith('v') ? text : `v${text}`, normalized: `v${major}.${minor}.${patch}`, major, minor }
}

/** `.Capabilities`. */
export function capabilitiesObject({ kubeVersion, apiVersions, helmVersion }: Capabilities): TemplateObject {
  const kube = parseKubeVersion(kubeVersion)
  const set = new Set(apiVersions)
  const normalized = () => kube.normalized
  return structOf('*common.Capabilities', {
    KubeVersion: structOf(
      'common.KubeVersion',
      { Version: kube.text, Major: kube.major, Minor: kube.minor },
      { String: normalized, GitVersion: () => kube.text },
      normalized,
    ),
    APIVersions: templateObjectOf({
      typeName: 'common.VersionSet',
      underlying: withType([...apiVersions], '[]string'),
      hasField: () => false,
      getField: () => undefined,
      getMethod: (name) => (name === 'Has' ? (version) => set.has(String(version)) : undefined),
    }),
    HelmVersion: helmVersionObject(helmVersion),
  })
}

function helmVersionObject(build: HelmVersion): TemplateObject {
  const { version, gitCommit, gitTreeState, goVersion, kubeClientVersion } = build
  const object = structOf(
    'version.BuildInfo',
    {
      Version: version,
      GitCommit: gitCommit,
      GitTreeState: gitTreeState,
      GoVersion: goVersion,
      KubeClientVersion: kubeClientVersion,
    },
    {},
    () => `{${version} ${gitCommit} ${gitTreeState} ${goVersion} ${kubeClientVersion}}`,
  )
  return withSerialForm(object, () => ({
    version,
    git_commit: gitCommit,
    git_tree_state: gitTreeState,
    go_version: goVersion,
    kube_client_version: kubeClientVersion,
  }))
}
