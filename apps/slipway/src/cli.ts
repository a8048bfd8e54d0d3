/** What is loaded before it is known what to do is waited for in every run. */
async function main([first, second, ...rest]: readonly string[]): Promise<void> {
  // The one command that is run hundreds of times in a row; the full program takes longer to load than it takes to run.
  if (first === 'helm' && second === 'template') {
    const { runLocalTemplate } = await import('./helm/local-template.ts')
    const status = await runLocalTemplate(rest, process.env, async (run) =>
      (await import('./program.ts')).completeSchemas(run),
    )
    if (status !== undefined) {
      process.exitCode = status
      return
    }
  }
  const { runProgram } = await import('./program.ts')
  await runProgram()
}

/** 128 and SIGPIPE: how a program of another language ends whose reader, such as head(1), has gone. */
const BROKEN_PIPE = 141

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(BROKEN_PIPE)
})

// What is told there can't be told otherwise: a log whose reader or terminal has gone must not end what it is about.
process.stderr.on('error', () => {})

void main(process.argv.slice(2))
