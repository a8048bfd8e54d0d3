import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RunPhase } from '../run/model.ts'
import type { RunnerOptions } from '../run/options.ts'
import { createRepository, createTools, walkThroughPipeline } from '../testing/index.ts'
import { executeRun } from './execute-run.ts'
import { Masker } from './masker.ts'
import { ServerStopped } from './process.ts'
import { RunLog } from './run-log.ts'
import { RunRecord } from './run-record.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runner-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

interface Outcome {
  phase: RunPhase
  log: string
  record: RunRecord
  repository: { path: string; commit: string }
}

interface Given {
  options?: Partial<RunnerOptions>
  files?: Record<string, string>
  onChange?: (record: RunRecord, cancel: AbortController, stop: AbortController) => void
}

async function run(text: string, { options, files = {}, onChange }: Given = {}): Promise<Outcome> {
  createTools(join(folder, 'tools'))
  const repository = createRepository(join(folder, 'AppA'), { 'azure-pipelines.yml': text, ...files })
  const masker = new Masker()
  const [cancel, stop] = [new AbortController(), new AbortController()]
  const log = await RunLog.open(join(folder, 'runs', 'appa-158'), masker)
  const record: RunRecord = new RunRecord(masker, () => onChange?.(record, cancel, stop))
  const input = {
    name: 'appa-158',
    uid: `uid-${folder}`,
    attempt: 1,
    text,
    commitMessage: 'first\n',
    spec: {
      repository: 'AppA',
      ref: 'refs/heads/master',
      commit: repository.commit,
      file: 'azure-pipelines.yml',
      reason: 'IndividualCI' as const,
      buildId: 158,
      requestedBy: 'dev',
    },
  }
  const phase = await executeRun(input, {
    masker,
    log,
    record,
    signals: { cancel: cancel.signal, stop: stop.signal },
    options: {
      runsDir: join(folder, 'runs'),
      toolsPath: join(folder, 'tools'),
      gitCloneUrl: (name) => `file://${join(folder, name)}`,
      credentials: () => ({ username: 'runner', password: 'git-token-1234' }),
      connections: (name) =>
        name === 'azure-dev-subscription'
          ? {
              kind: 'embedded',
              registries: { acrgitopsdev: { loginServer: 'acrgitopsdev.azurecr.io', url: 'http://127.0.0.1:7080' } },
              username: 'runner',
              password: 'registry-secret',
            }
          : undefined,
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: folder },
      keepWork: true,
      ...options,
    },
  }).finally(() => log.close())
  return { phase, record, repository, log: readFileSync(log.file, 'utf8') }
}

const results = ({ record }: Outcome): unknown[] => record.steps.map(({ result }) => result)
const tool = (name: string): string => readFileSync(join(folder, 'tools', name), 'utf8')

describe('the walk-through', () => {
  it('runs unmodified: logs in, builds, replaces tokens, packages and pushes', async () => {
    const outcome = await run(walkThroughPipeline)

    expect(outcome.log + JSON.stringify(outcome.record.issues)).not.toContain('##[error]')
    expect(outcome.phase).toBe('Succeeded')
    expect(results(outcome)).toEqual(Array(7).fill('Succeeded'))
    const sources = join(folder, 'runs', 'appa-158', '_work', '1', 's')
    const staging = join(folder, 'runs', 'appa-158', '_work', '1', 'a')
    expect(tool('calls.txt').trim().split('\n')).toEqual([
      `az acr login --name acrgitopsdev (in ${sources})`,
      `az acr build --image appawebapi:158 --registry acrgitopsdev --file Dockerfile . (in ${sources}/AppA.WebApi)`,
      `helm package --destination ${staging}/ --version 158.0.0 ./chart/ (in ${sources}/AppA.WebApi)`,
      `az acr helm push -n acrgitopsdev ${staging}/appawebapi-158.0.0.tgz (in ${sources})`,
    ])
    expect(tool('packaged.yaml')).toBe('\uFEFFspec:\n  containers:\n  - image: "{{ .Values.image.repository }}:158"\n')
    expect(readFileSync(join(sources, 'AppA.WebApi/chart/Chart.yaml'), 'utf8')).toMatch(/^apiVersion/)
    expect(outcome.record.outputs).toEqual({
      images: [{ name: 'appawebapi:158', digest: 'sha256:11', pushedAt: expect.any(String) }],
      charts: [{ name: 'appawebapi', version: '158.0.0', digest: 'sha256:22', pushedAt: expect.any(String) }],
    })
  })

  it('keeps the login readable only by its owner, shares it where the configuration is global, and takes it away', async () => {
    await run(walkThroughPipeline)

    const logins = tool('logins.txt').trim().split('\n')
    expect(logins.every((line) => line.startsWith('600 '))).toBe(true)
    expect(logins[1]).toBe(logins[2])
    expect(logins[0]).not.toBe(logins[1])
    const temp = join(folder, 'runs', 'appa-158', '_work', '_temp')
    expect(readdirSync(temp).filter((name) => name.startsWith('.azclitask'))).toEqual([])
    expect(readdirSync(join(temp, '.azure'))).toEqual([])
  })

  it('stamps every line of its log and shows no secret in it', async () => {
    const outcome = await run(walkThroughPipeline)

    expect(outcome.log).not.toMatch(/git-token-1234|registry-secret/)
    expect(outcome.log).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z ##\[section\]Starting: appa-158$/m)
  })
})

describe('steps', () => {
  it('run by their conditions: what fails skips the rest, always() and failed() do not mind', async () => {
    const outcome = await run(`
steps:
- script: exit 3
- script: echo no
- script: echo yes
  condition: always()
- script: echo yes
  condition: failed()
- script: echo own
  condition: eq(variables['Build.Reason'], 'IndividualCI')
- script: echo bad
  condition: and(succeeded(), eq(1, 1))
`)

    expect(outcome.phase).toBe('Failed')
    expect(results(outcome)).toEqual([
      'Succeeded',
      'Failed',
      'Skipped',
      'Succeeded',
      'Succeeded',
      'Succeeded',
      'Skipped',
    ])
    expect(outcome.record.steps[1]?.exitCode).toBe(3)
    expect(outcome.log).toContain("##[error]Bash exited with code '3'.")
  })

  it('of bash go by the last exit code alone, and continueOnError makes issues out of failures', async () => {
    const outcome = await run(`
steps:
- checkout: none
- bash: |
    false
    echo fine
- bash: exit 1
  continueOnError: true
- script: echo after
  enabled: false
`)

    expect(results(outcome)).toEqual(['Succeeded', 'SucceededWithIssues', 'Skipped'])
    expect(outcome.phase).toBe('Succeeded')
  })

  it('hand variables on, hide secrets from the environment and from the log', async () => {
    const outcome = await run(`
variables:
- name: who
  value: world
steps:
- checkout: none
- script: |
    echo "##vso[task.setvariable variable=greeting]hello $(who)"
    echo "##vso[task.setvariable variable=key;issecret=true]s3cr3t value"
    echo "##vso[task.setvariable variable=out;isoutput=true]42"
  name: first
- script: |
    echo "env: $GREETING [$KEY] $WHO $BUILD_BUILDID $TF_BUILD"
    echo "macro: $(greeting) $(key) $(first.out) $MAPPED" '$(unknown)'
  env:
    MAPPED: $(key)
`)

    expect(outcome.log).toContain('env: hello world [] world 158 True')
    expect(outcome.log).toContain('macro: hello world *** 42 *** $(unknown)')
    expect(outcome.log).not.toContain('s3cr3t value')
  })

  it('are tried again, prepend to PATH, complete with a result, and report issues', async () => {
    const outcome = await run(`
steps:
- checkout: none
- script: |
    [ -e "$(Agent.TempDirectory)/once" ] || { touch "$(Agent.TempDirectory)/once"; exit 1; }
  retryCountOnTaskFailure: 1
- script: |
    mkdir -p "$(Agent.TempDirectory)/bin"; printf '#!/bin/sh\\necho mine' > "$(Agent.TempDirectory)/bin/helm"; chmod +x "$(Agent.TempDirectory)/bin/helm"
    echo "##vso[task.prependpath]$(Agent.TempDirectory)/bin"
- script: helm
- script: |
    echo "##vso[task.logissue type=warning;sourcepath=a.ts;linenumber=3]look%3B here"
    echo "##vso[task.complete result=SucceededWithIssues]"
- script: echo "##vso[nonsense"
`)

    expect(outcome.log).toContain(' mine\n')
    expect(results(outcome)).toEqual(['Succeeded', 'Succeeded', 'Succeeded', 'SucceededWithIssues', 'Succeeded'])
    expect(outcome.record.issues).toEqual(
      expect.arrayContaining([{ type: 'warning', message: 'look; here', file: 'a.ts', line: 3 }]),
    )
  })

  it('publish and download artifacts', async () => {
    const outcome = await run(`
steps:
- checkout: none
- script: echo content > $(Build.ArtifactStagingDirectory)/file.txt
- publish: $(Build.ArtifactStagingDirectory)
  artifact: drop
- download: current
  artifact: drop
- script: cat $(Pipeline.Workspace)/drop/file.txt
`)

    expect(outcome.phase).toBe('Succeeded')
    expect(outcome.log).toContain(' content\n')
  })

  it('that are not known stop the run before anything happens, each with its place', async () => {
    const outcome = await run('steps:\n- script: touch $(Build.StagingDirectory)\n- task: Nope@1\n- task: Bash@3\n')

    expect(outcome.phase).toBe('Failed')
    expect(outcome.record.steps).toEqual([])
    expect(outcome.record.issues.map(({ file, line, column }) => [file, line, column])).toEqual([
      ['azure-pipelines.yml', 3, 9],
      ['azure-pipelines.yml', 4, 9],
    ])
  })
})

describe('ending a run', () => {
  const sleeper = `
steps:
- checkout: none
- script: exec sleep 60
- script: echo never
- script: echo cleanup
  condition: always()
`
  const whenSleeping = (record: RunRecord): boolean => record.steps[0]?.state === 'Running'

  it('by a cancel interrupts the step and runs the always() steps', async () => {
    const outcome = await run(sleeper, { onChange: (record, cancel) => whenSleeping(record) && cancel.abort() })

    expect(outcome.phase).toBe('Canceled')
    expect(results(outcome)).toEqual(['Canceled', 'Skipped', 'Succeeded'])
    expect(outcome.log).toContain(' cleanup\n')
  })

  it('by a stop of the server leaves it for the next start', async () => {
    const stopped = run(sleeper, {
      onChange: (record, _, stop) => whenSleeping(record) && stop.abort(new ServerStopped()),
    })

    await expect(stopped).rejects.toBeInstanceOf(ServerStopped)
  })
})

describe('jobs and stages', () => {
  it('see outputs and results of those that they depend on', async () => {
    const outcome = await run(`
stages:
- stage: build
  jobs:
  - job: make
    steps:
    - checkout: none
    - script: echo "##vso[task.setvariable variable=tag;isoutput=true]v1"
      name: set
  - job: use
    dependsOn: make
    variables:
      got: $[ dependencies.make.outputs['set.tag'] ]
    steps:
    - checkout: none
    - script: echo "got $(got)"
- stage: broken
  jobs:
  - job: x
    steps: [{checkout: none}, {script: exit 1}]
- stage: after
  jobs:
  - job: x
    steps: [{checkout: none}, {script: echo no}]
- stage: repair
  condition: and(failed('broken'), eq(dependencies.build.outputs['make.set.tag'], 'v1'))
  dependsOn: [build, broken]
  jobs:
  - job: x
    steps: [{checkout: none}, {script: echo repair}]
`)

    expect(outcome.log).toContain('got v1')
    expect(results(outcome)).toEqual(['Succeeded', 'Succeeded', 'Failed', 'Skipped', 'Succeeded'])
  })
})
