// Writes the schemas that kustomize merges by, out of kyaml's own OpenAPI document. Needs Go.
// usage: node tools/kustomize-tables/generate.mjs [VERSION]
//   VERSION  of the module sigs.k8s.io/kustomize/kyaml   (default: v0.20.1, that of kubectl 1.34)
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const TARGET = join(import.meta.dirname, '../../packages/kustomize/src/generated/merge-schemas.ts')

const [version = 'v0.20.1'] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'kustomize-tables-'))
try {
  const go = (...args) =>
    execFileSync('go', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  cpSync(join(import.meta.dirname, 'schemas.go'), join(folder, 'main.go'))
  go('mod', 'init', 'tables')
  go('get', `sigs.k8s.io/kustomize/kyaml@${version}`)
  go('mod', 'tidy')
  const schemas = go('run', '.').trim()
  writeFileSync(
    TARGET,
    `// Written by tools/kustomize-tables/generate.mjs from kyaml's OpenAPI document. Do not edit.
/** JSON: what of each kind kustomize merges by key, and which kinds live in no namespace. One string, so that importing it costs nothing. */
export const MERGE_SCHEMAS_JSON =
  '${schemas}'
`,
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}
