// What is loaded before it is known what to do is waited for in every run.
// The one command that is run hundreds of times in a row; the full program takes longer to load than it takes to run.
const [, , first, second, ...rest] = process.argv
const isTemplate = first === 'helm' && second === 'template'
const status = isTemplate ? (await import('./helm/local-template.ts')).runLocalTemplate(rest, process.env) : undefined
if (status !== undefined) process.exitCode = status
else {
  try {
    const { createProgram } = await import('./program.ts')
    await createProgram().parseAsync(process.argv)
  } catch (error) {
    const { reportError } = await import('./report-error.ts')
    process.exitCode = reportError(error)
  }
}
