import { readFileSync } from 'node:fs'
import { formatPlace } from '@slipway/errors'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parsePipeline } from './parse-pipeline.ts'
import { expandPlan } from './plan/expand-plan.ts'
import { catalogOf, walkThroughTasks } from './testing/index.ts'

const walkThrough = readFileSync(new URL('../testdata/walk-through.azure-pipelines.yml', import.meta.url), 'utf8')
const tasks = catalogOf(walkThroughTasks())

function plan(text: string, parameters: Record<string, string> = {}) {
  const { pipeline, errors } = parsePipeline(text, { file: 'azure-pipelines.yml' })
  if (!pipeline) throw new Error(errors.map(({ message }) => message).join('\n'))
  return expandPlan(pipeline, { variables: { 'Build.Reason': 'Manual' }, parameters, tasks })
}

function faults(text: string): string[] {
  const { pipeline, errors } = parsePipeline(text, { file: 'p.yml' })
  const all = pipeline ? expandPlan(pipeline, { variables: {}, parameters: {}, tasks }).errors : errors
  return all.map(({ at, code }) => `${formatPlace(at)} ${code}`)
}

describe('the walk-through', () => {
  it('parses without errors or warnings and keeps the source text of its scalars', () => {
    const { pipeline, errors, warnings } = parsePipeline(walkThrough, { file: 'azure-pipelines.yml' })

    expect([errors, warnings]).toEqual([[], []])
    expect(pipeline?.trigger).toMatchObject({ kind: 'filters', branches: { include: ['master'] } })
    expect(pipeline?.variables.map(({ name, value }) => [name, value.value])).toEqual([
      ['HELM_EXPERIMENTAL_OCI', '1'],
      ['registryName', 'acrgitopsdev'],
      ['imageName', 'appawebapi'],
      ['BuildId', '$(Build.BuildId)'],
      ['tag', '$(Build.BuildId)'],
    ])
  })

  it('becomes one job that checks out first and then runs its six tasks', () => {
    const result = plan(walkThrough)

    expect([result.errors, result.warnings]).toEqual([[], []])
    const steps = result.plan?.stages[0]?.jobs[0]?.steps
    expect(steps?.map(({ task }) => `${task.name}@${task.version}`)).toEqual([
      'Checkout@1',
      'AzureCLI@2',
      'AzureCLI@2',
      'HelmInstaller@1',
      'replacetokens@3',
      'Bash@3',
      'AzureCLI@2',
    ])
    expect(steps?.[2]?.inputs).toMatchObject({
      connectedServiceNameARM: 'azure-dev-subscription',
      cwd: '$(Build.SourcesDirectory)/AppA.WebApi',
      useGlobalConfig: 'true',
    })
  })
})

describe('faults are all reported, each at its place', () => {
  it.each<[string, string, string[]]>([
    ['unknown key with a suggestion', 'steps:\n- script: x\n  displyName: y\n', ['p.yml:3:3 PIPELINE_KEY_UNKNOWN']],
    [
      'several at once',
      'trigers: none\nsteps:\n- task: Nope@1\n- script: x\n  timeoutInMinutes: soon\n',
      ['p.yml:5:21 PIPELINE_VALUE_INVALID', 'p.yml:1:1 PIPELINE_KEY_UNKNOWN'],
    ],
    ['unknown task', 'steps:\n- task: Nope@1\n', ['p.yml:2:9 PIPELINE_TASK_UNKNOWN']],
    ['unknown version', 'steps:\n- task: Bash@9\n', ['p.yml:2:9 PIPELINE_TASK_UNKNOWN']],
    [
      'missing input',
      'steps:\n- task: Bash@3\n  inputs:\n    targetType: inline\n',
      ['p.yml:2:9 PIPELINE_INPUT_MISSING'],
    ],
    [
      'wrong choice',
      'steps:\n- task: Bash@3\n  inputs:\n    targetType: inlin\n    filePath: a\n',
      ['p.yml:4:17 PIPELINE_INPUT_INVALID'],
    ],
    ['pwsh without PowerShell', 'steps:\n- pwsh: x\n', ['p.yml:2:3 PIPELINE_TASK_UNKNOWN']],
    ['YAML that is none', 'steps: [\n', ['p.yml:2:1 PIPELINE_YAML_INVALID']],
    ['a key twice', 'name: a\nname: b\nsteps: []\n', ['p.yml:2:1 PIPELINE_YAML_INVALID']],
    ['anchors', 'steps:\n- script: &x y\n', ['p.yml:2:14 PIPELINE_YAML_UNSUPPORTED']],
    ['no work', 'trigger: none\n', ['p.yml:1:1 PIPELINE_KEY_MISSING']],
    ['empty file', '', ['p.yml:1:1 PIPELINE_KEY_MISSING']],
    ['a list at the root', '- a\n', ['p.yml:1:1 PIPELINE_VALUE_INVALID']],
    ['variable group', 'variables:\n- group: g\nsteps: []\n', ['p.yml:2:10 PIPELINE_NOT_SUPPORTED']],
    ['template', 'steps:\n- template: t.yml\n', ['p.yml:2:3 PIPELINE_NOT_SUPPORTED']],
    ['extends', 'extends:\n  template: t.yml\n', ['p.yml:1:1 PIPELINE_NOT_SUPPORTED']],
    ['bad condition', 'steps:\n- script: x\n  condition: eq(1\n', ['p.yml:3:14 PIPELINE_EXPRESSION_INVALID']],
    ['unknown function', 'steps:\n- script: x\n  condition: ok()\n', ['p.yml:3:14 PIPELINE_EXPRESSION_INVALID']],
    [
      'unknown dependency',
      'jobs:\n- job: a\n  dependsOn: b\n  steps: []\n',
      ['p.yml:3:14 PIPELINE_DEPENDENCY_INVALID'],
    ],
    [
      'a circle of jobs',
      'jobs:\n- job: a\n  dependsOn: b\n  steps: []\n- job: b\n  dependsOn: a\n  steps: []\n',
      ['p.yml:2:3 PIPELINE_DEPENDENCY_INVALID'],
    ],
    ['too many retries', 'steps:\n- script: x\n  retryCountOnTaskFailure: 11\n', ['p.yml:3:28 PIPELINE_VALUE_INVALID']],
  ])('%s', (_, text, expected) => {
    expect(faults(text)).toEqual(expected)
  })

  it('warns of an input that the task does not have, and goes on', () => {
    const result = plan('steps:\n- task: HelmInstaller@1\n  inputs:\n    helmVersionToInstal: v3\n')

    expect(result.errors).toEqual([])
    expect(result.warnings.map(({ code, hint }) => [code, hint])).toEqual([
      ['PIPELINE_INPUT_UNKNOWN', 'did you mean helmVersionToInstall?'],
    ])
  })

  it('never throws, whatever the text', () => {
    const token = fc.constantFrom(
      'steps',
      ':',
      '\n',
      '- ',
      '  ',
      'script',
      '${{',
      '}}',
      "'",
      '[',
      '{',
      'if',
      ' ',
      'x',
      '|',
      '&a',
      '*a',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(token).map((parts) => parts.join('')),
        ),
        (text) => {
          const { pipeline, errors } = parsePipeline(text, { file: 'p.yml' })
          expect(pipeline === undefined).toBe(errors.length > 0)
        },
      ),
    )
  })
})

describe('template expressions', () => {
  it('fill in parameters and variables, choose branches and repeat steps', () => {
    const text = `
parameters:
- name: names
  type: object
  default: [a, b]
- name: loud
  type: boolean
  default: false
variables:
  greeting: hello
steps:
- \${{ each name in parameters.names }}:
  - script: echo \${{ variables.greeting }} \${{ name }}
- \${{ if parameters.loud }}:
  - script: echo LOUD
- \${{ else }}:
  - script: echo quiet
`
    const scripts = (parameters: Record<string, string>): unknown =>
      plan(text, parameters)
        .plan?.stages[0]?.jobs[0]?.steps.slice(1)
        .map(({ inputs }) => inputs.script)

    expect(scripts({})).toEqual(['echo hello a', 'echo hello b', 'echo quiet'])
    expect(scripts({ loud: 'true' })).toEqual(['echo hello a', 'echo hello b', 'echo LOUD'])
    expect(plan(text, { lod: 'true' }).errors.map(({ code }) => code)).toEqual(['PIPELINE_PARAMETER_INVALID'])
  })
})

describe('stages and jobs', () => {
  it('come in an order that keeps dependencies, a stage after the one before it', () => {
    const text = `
stages:
- stage: one
  jobs:
  - job: late
    dependsOn: [early]
    steps: []
  - job: early
    steps: []
- stage: two
  jobs: [{job: x, steps: []}]
- stage: three
  dependsOn: []
  jobs: [{job: x, steps: []}]
`
    const stages = plan(text).plan?.stages

    expect(stages?.map(({ name, dependsOn }) => [name, dependsOn])).toEqual([
      ['one', []],
      ['two', ['one']],
      ['three', []],
    ])
    expect(stages?.[0]?.jobs.map(({ name }) => name)).toEqual(['early', 'late'])
  })
})

describe('hostile files', () => {
  const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

  it('with quotes that could be paired in many ways take no longer than others', () => {
    const { errors } = parsePipeline(`steps:\n- bash: "\${{ ${"'".repeat(501)}"\n`, { file: 'p.yml' })

    expect(errors).toEqual([])
  })

  it('with names that objects have by nature are read as any others', () => {
    expect(faults('steps:\n- constructor: x\n')).toEqual(['p.yml:2:3 PIPELINE_KEY_UNKNOWN'])
    expect(faults('steps:\n- bash: x\n  condition: constructor()\n')).toEqual([
      'p.yml:3:14 PIPELINE_EXPRESSION_INVALID',
    ])
    expect(faults('parameters:\n- {name: a, type: constructor}\nsteps: []\n')).toEqual([
      'p.yml:2:19 PIPELINE_NOT_SUPPORTED',
    ])
  })

  it('with very many keys are read at once, and the first of their faults are told', () => {
    const text = numbers(20_000)
      .map((number) => `k${number}: 1\n`)
      .join('')

    expect(faults(`${text}k7: 2\n`)).toContain('p.yml:20001:1 PIPELINE_YAML_INVALID')
    expect(faults(text)).toHaveLength(200)
  })

  it('whose lists in lists stand for more than there is memory are refused', () => {
    const each = (name: string): string => `\${{ each ${name} in parameters.l }}`
    const text = `parameters:
- name: l
  type: object
  default: [${numbers(2000)}]
steps:
- ${each('a')}:
  - ${each('b')}:
    - ${each('c')}:
      - bash: \${{ a }}
`

    expect(faults(text)).toEqual(['p.yml:1:1 PIPELINE_TOO_LARGE'])
  })

  it('with thousands of stages in the wrong order are put into the right one', () => {
    const last = 1000
    const text = numbers(last)
      .map((number) => `- {stage: s${number}, dependsOn: [s${number + 1}], jobs: []}\n`)
      .join('')
    const { plan: planned } = plan(`stages:\n${text}- {stage: s${last}, dependsOn: [], jobs: []}\n`)

    expect(planned?.stages.map(({ name }) => name)).toEqual(numbers(last + 1).map((number) => `s${last - number}`))
  })
})
