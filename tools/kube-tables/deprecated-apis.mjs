/**
 * Writes the table of the API versions that Kubernetes calls deprecated, for `helm lint`, from the sources of k8s.io/api:
 * `node tools/kube-tables/deprecated-apis.mjs FOLDER`, such as what `go list -m -f '{{.Dir}}' k8s.io/api@v0.35.1` prints.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const OUT = new URL('../../packages/helm-chart/src/lint/generated/deprecated-apis.ts', import.meta.url)
const [folder] = process.argv.slice(2)

function apisOf(file) {
  const text = readFileSync(file, 'utf8')
  const group = /GroupName = "(.*)"/.exec(readFileSync(join(dirname(file), 'register.go'), 'utf8'))?.[1] ?? ''
  const version = basename(dirname(file))
  const name = (groupName, apiVersion) => (groupName === '' ? apiVersion : `${groupName}/${apiVersion}`)
  const pairs = (method) =>
    new Map(
      [...text.matchAll(new RegExp(`\\*(\\w+)\\) APILifecycle${method}\\(\\)[^{]*{\\s*return (.*)`, 'g'))].map(
        ([, kind, value]) => [kind, value],
      ),
    )
  const [deprecated, removed, replacements] = ['Deprecated', 'Removed', 'Replacement'].map(pairs)
  return [...deprecated].map(([kind, since]) => {
    const [, newGroup, newVersion, newKind] =
      /Group: "(.*?)", Version: "(.*?)", Kind: "(.*?)"/.exec(replacements.get(kind) ?? '') ?? []
    const use = newKind && `${name(newGroup, newVersion)} ${newKind}`
    return [
      `${name(group, version)} ${kind}`,
      [minor(since), removed.has(kind) ? minor(removed.get(kind)) : 0, use ?? ''],
    ]
  })
}

/** Of `1, 21`. */
function minor(version) {
  return Number(/^1, (\d+)$/.exec(version)?.[1])
}

const files = readdirSync(folder, { recursive: true }).filter(
  (file) => basename(file) === 'zz_generated.prerelease-lifecycle.go',
)
const apis = files.flatMap((file) => apisOf(join(folder, file))).sort(([a], [b]) => (a < b ? -1 : 1))
const lines = apis.map(([api, row]) => `  '${api}': ${JSON.stringify(row).replaceAll('"', "'").replaceAll(',', ', ')},`)
writeFileSync(
  fileURLToPath(OUT),
  `// Written by tools/kube-tables/deprecated-apis.mjs from k8s.io/api. Do not edit.
/** By apiVersion and kind: the minor versions of Kubernetes 1 that deprecate and remove it, and what to use (0 and '': none). */
export const DEPRECATED_APIS: Readonly<Record<string, readonly [deprecated: number, removed: number, use: string]>> = {
${lines.join('\n')}
}
`,
)
