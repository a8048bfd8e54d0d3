import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createHelmCommand } from '../helm/command.ts'
import { completeHelm } from '../helm/completion.ts'
import { type Completion, complete, Directive } from './complete.ts'
import { completionScript, SHELLS } from './scripts.ts'

const folder = mkdtempSync(join(tmpdir(), 'slipway-completion-'))

beforeAll(() => {
  mkdirSync(join(folder, 'cache'))
  writeFileSync(
    join(folder, 'repos.yaml'),
    'repositories: [{name: own, url: https://own}, {name: other, url: https://other}]\n',
  )
  writeFileSync(join(folder, 'cache', 'own-charts.txt'), 'shop\nweb\n')
  writeFileSync(
    join(folder, 'cache', 'own-index.yaml'),
    'apiVersion: v1\nentries:\n  shop:\n  - {name: shop, apiVersion: v2, version: 1.2.0, appVersion: "7", created: "2020-11-12T01:02:03Z", deprecated: true, urls: [a]}\n  - {name: shop, apiVersion: v2, version: 1.1.0, urls: [b]}\n',
  )
  // What `program __complete WORDS…` is asked and answers.
  const program = join(folder, 'program')
  writeFileSync(program, `#!/bin/sh\nprintf '[%s]' "$@" >${folder}/asked\ncat ${folder}/answer\n`)
  chmodSync(program, 0o755)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The candidates for a line, without what is said of them. */
async function helmAt(line: string): Promise<string> {
  const files = ['--repository-config', join(folder, 'repos.yaml'), '--repository-cache', join(folder, 'cache')]
  return text(await completeHelm(createHelmCommand(), [...files, ...line.split(' ')]))
}

const text = ({ candidates, directive }: Completion): string =>
  [...candidates.map((one) => one.replace(/\t.*/, '')), `:${directive}`].join(' ')

describe('completion of helm', () => {
  it.each([
    ['st', 'status :4'],
    ['get v', 'values :4'],
    ['get ', 'all hooks manifest metadata notes values :4'],
    ['registry log', 'login logout :4'],
    ['plu', ':4'],
    ['status --o', '--output :4'],
    ['status -o ', 'json table yaml :4'],
    ['list --output=', 'json table yaml :4'],
    ['upgrade --forc', '--force-conflicts --force-replace :4'],
    ['repo remove ', 'own other :4'],
    ['repo rm own ', 'other :4'],
    ['install x o', 'own/ other/ oci:// :2'],
    ['install x own/', 'own/shop own/web :4'],
    ['install own/', ':4'],
    ['install -g own/', 'own/shop own/web :4'],
    ['install --name-template x own/', 'own/shop own/web :4'],
    ['install x ./', ':0'],
    ['show chart own/', 'own/shop own/web :4'],
    ['pull own/shop --version ', '1.2.0 1.1.0 :4'],
    ['install x own/shop --version ', '1.2.0 1.1.0 :4'],
    ['install own/shop --version ', ':4'],
    ['install -g own/shop --version ', '1.2.0 1.1.0 :4'],
    ['install x own/none --version ', ':4'],
    ['install x y -f ', ':0'],
    ['lint a ', ':0'],
    ['search repo x ', ':4'],
    ['completion ', 'bash fish zsh :4'],
    ['status x --kubeconfig /nowhere --revision ', ':4'],
  ])('%s: %s', async (line, expected) => {
    expect(await helmAt(line)).toBe(expected)
  })

  it('says what a candidate is', async () => {
    const { candidates } = await completeHelm(createHelmCommand(), ['sta'])
    expect(candidates).toEqual(['status\tdisplay the status of the named release'])
  })

  it('says how old a version is, and that it is deprecated', async () => {
    const files = ['--repository-config', join(folder, 'repos.yaml'), '--repository-cache', join(folder, 'cache')]
    const { candidates } = await completeHelm(createHelmCommand(), [...files, 'pull', 'own/shop', '--version', ''])
    expect(candidates[0]).toBe('1.2.0\tApp: 7, Created: November 12, 2020 (deprecated)')
  })

  it('knows the variables of env', async () => {
    const { candidates } = await completeHelm(createHelmCommand(), ['env', ''])
    expect(candidates).toContain('HELM_KUBECONTEXT')
  })
})

describe('completion of a program', () => {
  it('takes a description that is a list for the values', async () => {
    const program = new Command('program')
    program.command('get').argument('[what]', 'all | repos').option('--role <role>', 'admin | reader')
    const none = { candidates: [], directive: Directive.noFiles }
    const knowledge = { argument: () => none, flag: () => none }

    expect(text(await complete(program, ['get', 'r'], knowledge))).toBe('repos :4')
    expect(text(await complete(program, ['get', '--role', ''], knowledge))).toBe('admin reader :4')
  })
})

describe('the script for bash', () => {
  /** What bash would offer for a line, and what of it the program was asked. */
  function bash(line: string, answer: string): { reply: string[]; asked: string } {
    writeFileSync(join(folder, 'answer'), answer)
    writeFileSync(join(folder, 'script'), completionScript('bash', 'program'))
    const test = `compopt() { echo "$*"; }; . ./script; COMP_LINE=$1 COMP_POINT=\${#1}; __program_complete; printf '%s\\n' "\${COMPREPLY[@]}"`
    const options = {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
    } as const
    const reply = execFileSync('bash', ['-c', test, 'bash', line], options)
      .split('\n')
      .filter((one) => one !== '')
    return { reply, asked: execFileSync('cat', ['asked'], options) }
  }

  it.each([
    ['program st', 'status\tthe status\nstart\n:4\n', ['status', 'start'], '[__complete][st]'],
    ['program get ', 'all\tall of it\n:4\n', ['all'], '[__complete][get][]'],
    ['program -o=j', 'json\nyaml\n:4\n', ['json'], '[__complete][-o=j]'],
    ['program pull oci:', 'oci://\tan address\n:2\n', ['-o nospace', '//'], '[__complete][pull][oci:]'],
    ['program lint ./', ':0\n', ['-o default'], '[__complete][lint][./]'],
    ['program x $(touch', ':4\n', [], '[__complete][x][$(touch]'],
  ])('%s', (line, answer, reply, asked) => {
    expect(bash(line, answer)).toEqual({ reply, asked })
  })
})

describe('scripts', () => {
  it.each(SHELLS)('for %s ask for descriptions or not', (shell) => {
    expect(completionScript(shell, 'helm')).toContain(' __complete ')
    expect(completionScript(shell, 'helm', { described: false })).toContain(' __completeNoDesc ')
  })

  it('are not there for every shell', () => {
    expect(() => completionScript('powershell', 'helm')).toThrow('completion for powershell is not supported')
  })
})
