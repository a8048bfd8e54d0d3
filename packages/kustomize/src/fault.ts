import { type ErrorOptions, UserError } from '@slipway/errors'

type FaultCode = 'KUSTOMIZE_INVALID' | 'KUSTOMIZE_UNSUPPORTED' | 'YAML_INVALID'

/** What is wrong with a build: `message` is the reason and `at` its place; `told` is all that kustomize says. */
export class KustomizeError extends UserError {
  declare readonly code: FaultCode
  readonly told: string

  constructor(code: FaultCode, message: string, options: ErrorOptions & { told?: string } = {}) {
    super(code, message, options)
    this.name = 'UserError'
    this.told = options.told ?? message
  }
}

type Place = ErrorOptions['at']

/** An error with kustomize's words around it, and a place if it has none. */
export function retold(error: unknown, tell: (told: string) => string, at?: Place): unknown {
  if (!(error instanceof KustomizeError)) return error
  return new KustomizeError(error.code, error.message, {
    told: tell(error.told),
    cause: error,
    ...withPlace(error.at ?? at),
  })
}

/** Puts kustomize's prefix before what goes wrong inside. */
export function prefixed<T>(prefix: string, run: () => T, at?: Place): T {
  try {
    return run()
  } catch (error) {
    throw retold(error, (told) => `${prefix}: ${told}`, at)
  }
}

/** Says where what goes wrong inside stands, unless it knows better. */
export function located<T>(at: () => Place, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof KustomizeError && error.at) throw error
    throw retold(error, (told) => told, at())
  }
}

/** What kustomize says of an error. */
export function toldOf(error: unknown): string {
  if (error instanceof KustomizeError) return error.told
  return error instanceof Error ? error.message : String(error)
}

const withPlace = (at: Place): { at?: NonNullable<Place> } => (at ? { at } : {})
