import type { Command, OptionValues } from 'commander'
import { dataFolderError } from './data-folder-error.ts'

/** A command whose code is loaded when it is called, so that the others do not pay for it. */
export type Load = () => Promise<{ run: (options: never, ...args: never[]) => Promise<void> | void }>

/**
 * Gives a command its code, and `--data`, which may stand before the command or behind it. For a command that declares its own,
 * the program's default folder is not meant.
 */
export function on(command: Command, load: Load): void {
  const hasOwnData = command.options.some(({ long }) => long === '--data')
  if (!hasOwnData) command.option('--data <dir>', 'folder that holds all state')
  command.action(async (...received: unknown[]) => {
    const args = received.slice(0, -2)
    const { run } = await load()
    const data = dataOf(command, hasOwnData)
    try {
      await run({ ...command.optsWithGlobals<OptionValues>(), data } as never, ...(args as never[]))
    } catch (error) {
      throw data === undefined ? error : dataFolderError(error, data)
    }
  })
}

/** The nearest `--data` that was given; the program's own stands behind all. */
function dataOf(command: Command, hasOwnData: boolean): string | undefined {
  if (command.parent) return command.opts<{ data?: string }>().data ?? dataOf(command.parent, hasOwnData)
  const isDefault = command.getOptionValueSource('data') === 'default'
  return hasOwnData && isDefault ? undefined : command.opts<{ data: string }>().data
}
