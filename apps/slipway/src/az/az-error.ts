/** An error in the words of `az`, with its exit status: 1 for what went wrong, 2 for a command line that cannot be read, 3 for a missing resource. */
export class AzError extends Error {
  readonly exitCode: number

  constructor(message: string, exitCode = 1) {
    super(message)
    this.name = 'AzError'
    this.exitCode = exitCode
  }
}
