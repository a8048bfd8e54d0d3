import { quote, type TemplateObject, templateObjectOf, withSignature, withType } from '@slipway/go-template'
import type { Compat } from '../compat.ts'
import { inStructOrder } from '../functions/plain.ts'
import { structOf } from '../functions/struct.ts'
import { formatVersion, isVersion, parseVersion } from '../semver/version.ts'
import { apiVersionsOf } from './api-versions.ts'

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
  /** Helm 3 does not say. */
  readonly kubeClientVersion?: string
}

/** What Helm 4.1.4 assumes where there is no cluster. */
export const defaultCapabilities: Capabilities = {
  kubeVersion: 'v1.35.0',
  apiVersions: apiVersionsOf('helm4'),
  helmVersion: {
    version: 'v4.1.4',
    gitCommit: '05fa37973dc9e42b76e1d2883494c87174b6074f',
    gitTreeState: 'clean',
    goVersion: 'go1.25.9',
    kubeClientVersion: 'v1.35',
  },
}

/** What Helm 3.17.3 assumes where there is no cluster. */
const helm3Capabilities: Capabilities = {
  kubeVersion: 'v1.32.0',
  apiVersions: apiVersionsOf('helm3'),
  helmVersion: {
    version: 'v3.17.3',
    gitCommit: 'e4da49785aa6e6ee2b86efd5dd9e43400318262b',
    gitTreeState: 'clean',
    goVersion: 'go1.23.7',
  },
}

/** What Helm assumes where there is no cluster. */
export function capabilitiesWithoutCluster(compat: Compat): Capabilities {
  return compat === 'helm3' ? helm3Capabilities : defaultCapabilities
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
export function parseKubeVersion(text: string, compat: Compat = 'helm4'): KubeVersion {
  if (compat === 'helm3') return parseSemverKubeVersion(text)
  const match = /^\s*v?([0-9]+(?:\.[0-9]+)*)(.*)$/.exec(text)
  const parts = match?.[1]?.split('.') ?? []
  if (!match || parts.length < 2) throw new Error(`could not parse ${quote(text)} as version`)
  const padded = parts.find((part) => /^0./.test(part))
  if (padded !== undefined) {
    throw new Error(`illegal zero-prefixed version component ${quote(padded)} in ${quote(text)}`)
  }
  const [major = '', minor = '', patch = '0'] = parts
  return { text: text.startsWith('v') ? text : `v${text}`, normalized: `v${major}.${minor}.${patch}`, major, minor }
}

/** Helm 3's: any semantic version. */
function parseSemverKubeVersion(text: string): KubeVersion {
  if (!isVersion(text)) throw new Error('Invalid Semantic Version')
  const version = parseVersion(text)
  const full = `v${formatVersion(version)}`
  return { text: full, normalized: full, major: String(version.major), minor: String(version.minor) }
}

/** `.Capabilities`. */
export function capabilitiesObject(
  { kubeVersion, apiVersions, helmVersion }: Capabilities,
  compat: Compat,
): TemplateObject {
  const kube = parseKubeVersion(kubeVersion, compat)
  const types = compat === 'helm3' ? 'chartutil' : 'common'
  const set = new Set(apiVersions)
  const normalized = () => kube.normalized
  const isStrict = compat === 'helm4'
  return structOf({
    typeName: `*${types}.Capabilities`,
    fields: {
      KubeVersion: structOf({
        typeName: `${types}.KubeVersion`,
        fields: {
          Version: kube.text,
          ...(isStrict && { normalizedVersion: kube.normalized }),
          Major: kube.major,
          Minor: kube.minor,
        },
        methods: { String: withSignature([], normalized), GitVersion: withSignature([], () => kube.text) },
        identity: () => [kube.text, kube.major, kube.minor].join(' '),
        pointerText: normalized,
      }),
      APIVersions: templateObjectOf({
        typeName: `${types}.VersionSet`,
        underlying: withType([...apiVersions], '[]string'),
        hasField: () => false,
        getField: () => undefined,
        getMethod: (name) =>
          name === 'Has' ? withSignature(['string'], (version: string) => set.has(version)) : undefined,
      }),
      HelmVersion: helmVersionObject(helmVersion),
    },
  })
}

function helmVersionObject(build: HelmVersion): TemplateObject {
  const { version, gitCommit, gitTreeState, goVersion, kubeClientVersion } = build
  const client = kubeClientVersion !== undefined
  return structOf({
    typeName: 'version.BuildInfo',
    fields: {
      Version: version,
      GitCommit: gitCommit,
      GitTreeState: gitTreeState,
      GoVersion: goVersion,
      ...(client && { KubeClientVersion: kubeClientVersion }),
    },
    identity: () => Object.values(build).join(' '),
    serial: () =>
      inStructOrder({
        version,
        git_commit: gitCommit,
        git_tree_state: gitTreeState,
        go_version: goVersion,
        ...(client && { kube_client_version: kubeClientVersion }),
      }),
  })
}
