import { Option } from 'commander'
import { describe, expect, it, vi } from 'vitest'
import { cobraMessage, cobraProgram, completeProgram, isAnswered } from './command.ts'

function program() {
  const root = cobraProgram('ship')
    .description('Sends things')
    .option('-n, --namespace <string>', 'whose things', 'own')
  const box = root.command('box').alias('case').description('what is in boxes')
  box
    .command('open')
    .description('look into a box')
    .argument('<box>', 'which one')
    .argument('[more...]', 'and others')
    .option('--wait [seconds]', 'for so long')
    .option('--no-noise', 'do it quietly')
    .addOption(new Option('--patience <duration>', 'of who waits').default(60_000, '1m0s'))
    .option('-q, --quick', 'without care', false)
    .option('--times <int>', 'how often', Number, 3)
    .action(() => {})
  const store = root
    .command('store')
    .option('--listen <address>', 'where')
    .action(() => {})
  store
    .command('list')
    .argument('[args...]', 'STORE [NAME]')
    .action(() => {})
  root
    .command('own', { hidden: true })
    .helpOption(false)
    .allowUnknownOption()
    .argument('[words...]')
    .action(() => {})
  return completeProgram(root, ['own'])
}

/** What is printed for these words, and what commander has to say. */
async function run(...words: string[]): Promise<{ stdout: string; stderr: string; fault?: string }> {
  const printed = { stdout: '', stderr: '' }
  const write = (stream: 'stdout' | 'stderr') =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      printed[stream] += String(text)
      return true
    })
  const spies = [write('stdout'), write('stderr')]
  const root = program()
  try {
    await root.parseAsync(words, { from: 'user' })
    return printed
  } catch (error) {
    const fault = error as Parameters<typeof isAnswered>[0]
    return isAnswered(fault) ? printed : { ...printed, fault: cobraMessage(fault, root) }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}

describe('the help of a program', () => {
  const ofRoot = `Sends things

Usage:
  ship [command]

Available Commands:
  box         what is in boxes
  help        Help about any command
  store

Flags:
  -h, --help               help for ship
  -n, --namespace string   whose things (default "own")

Use "ship [command] --help" for more information about a command.
`

  it.each([[[]], [['--help']], [['help']]])('%j: commands and flags, by name, on stdout', async (words) => {
    expect(await run(...words)).toEqual({ stdout: ofRoot, stderr: '' })
  })

  it('of a group says its aliases and the flags from above', async () => {
    expect((await run('help', 'case')).stdout).toBe(`what is in boxes

Usage:
  ship box [command]

Aliases:
  box, case

Available Commands:
  open        look into a box

Flags:
  -h, --help   help for box

Global Flags:
  -n, --namespace string   whose things (default "own")

Use "ship box [command] --help" for more information about a command.
`)
  })

  it('of a command says what it takes', async () => {
    expect((await run('box', 'open', '--help')).stdout).toBe(`look into a box

Usage:
  ship box open <box> [more...] [flags]

Arguments:
  box         which one
  more        and others

Flags:
  -h, --help                     help for open
      --no-noise                 do it quietly
      --patience duration        of who waits (default 1m0s)
  -q, --quick                    without care
      --times int                how often (default 3)
      --wait seconds[=seconds]   for so long

Global Flags:
  -n, --namespace string   whose things (default "own")
`)
  })

  it('of a group that runs by itself has both ways to call it', async () => {
    expect((await run('help', 'store')).stdout).toContain('Usage:\n  ship store [flags]\n  ship store [command]\n')
  })

  it('takes arguments that are written as a usage for one', async () => {
    expect((await run('help', 'store', 'list')).stdout).toContain(
      'Usage:\n  ship store list STORE [NAME] [flags]\n\nFlags',
    )
  })

  it('of what is not there is that of the program', async () => {
    expect(await run('help', 'box', 'none')).toEqual({ stdout: ofRoot, stderr: 'Unknown help topic `box` `none`\n' })
  })
})

describe('the errors of a program', () => {
  it.each([
    [['none'], 'unknown command "none" for "ship"\nRun \'ship --help\' for usage.'],
    [['box', 'open', 'a', '--none=1'], 'unknown flag: --none'],
    [['box', 'open', 'a', '-x'], "unknown shorthand flag: 'x' in -x"],
    [['box', 'open', 'a', '--times'], 'flag needs an argument: --times'],
    [['box', 'open'], "missing required argument 'box'"],
  ])('%j: %s', async (words, fault) => {
    expect(await run(...words)).toEqual({ stdout: '', stderr: '', fault })
  })
})
