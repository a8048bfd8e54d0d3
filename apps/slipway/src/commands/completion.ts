import type { Command } from 'commander'
import { type Completion, complete, Directive, printCompletion } from '../completion/complete.ts'
import { completionScript } from '../completion/scripts.ts'

/** Prints the script for a shell. */
export function run(_options: unknown, shell: string): void {
  process.stdout.write(completionScript(shell, 'slipway'))
}

/** Answers a shell: of `helm` by what helm knows, of everything else by what each command says that it takes. */
export async function answer(program: Command, words: readonly string[], how: { described: boolean }): Promise<void> {
  const [first, ...rest] = words
  if (first === 'helm' && rest.length > 0) {
    const { runHelm } = await import('../helm/command.ts')
    await runHelm([how.described ? '__complete' : '__completeNoDesc', ...rest])
    return
  }
  const completion = await complete(program, words, {
    argument: ({ command, args }) => forPlace(command.registeredArguments[args.length]?.name()),
    flag: (name, { command }) => forPlace(command.options.find(({ long }) => long === name)?.flags),
  })
  printCompletion(completion, how)
}

/** Files, where the name of what is wanted says so. */
const forPlace = (name = ''): Completion => ({
  candidates: [],
  directive: /file|dir|path|args/.test(name) ? Directive.files : Directive.noFiles,
})
