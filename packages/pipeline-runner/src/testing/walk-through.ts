import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The walk-through's pipeline, byte for byte. */
export const walkThroughPipeline = readFileSync(
  new URL('../../../pipeline-yaml/testdata/walk-through.azure-pipelines.yml', import.meta.url),
  'utf8',
)

const DEPLOYMENT = `spec:
  containers:
  - image: "{{ .Values.image.repository }}:#{tag}#"
`

/** An application repository with these files beside a small chart; resolves to its path and head commit. */
export function createRepository(folder: string, files: Record<string, string>): { path: string; commit: string } {
  const all: Record<string, string> = {
    'AppA.WebApi/Dockerfile': 'FROM scratch\n',
    'AppA.WebApi/chart/Chart.yaml': 'apiVersion: v1\nname: appawebapi\nversion: 0.1.0\n',
    'AppA.WebApi/chart/templates/deployment.yaml': DEPLOYMENT,
    ...files,
  }
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=dev', '-c', 'user.email=dev@example.test', ...args], {
      cwd: folder,
      encoding: 'utf8',
    })
  git('init', '--quiet', '--initial-branch=master')
  git('add', '.')
  git('commit', '--quiet', '-m', 'first')
  git('config', 'uploadpack.allowReachableSHA1InWant', 'true')
  return { path: folder, commit: git('rev-parse', 'HEAD').trim() }
}

/** Stand-ins for `az` and `helm`, which write down how they were called and with which login. */
export function createTools(folder: string): void {
  mkdirSync(folder, { recursive: true })
  const tool = (name: string, body: string): void => {
    writeFileSync(
      join(folder, name),
      `#!/bin/bash\necho "${name} $* (in $PWD)" >> "$(dirname "$0")/calls.txt"\n${body}`,
    )
    chmodSync(join(folder, name), 0o755)
  }
  tool(
    'az',
    `stat -c '%a %n' "$AZURE_CONFIG_DIR/slipway.json" >> "$(dirname "$0")/logins.txt"
[ "$1 $2" = "acr build" ] && echo "##vso[slipway.artifact kind=image;name=$4;digest=sha256:11]"
[ "$1 $2 $3" = "acr helm push" ] && echo "##vso[slipway.artifact kind=chart;name=appawebapi;version=158.0.0;digest=sha256:22]"
exit 0
`,
  )
  tool(
    'helm',
    'cat chart/templates/deployment.yaml > "$(dirname "$0")/packaged.yaml"; touch "$3/appawebapi-158.0.0.tgz"\n',
  )
}
