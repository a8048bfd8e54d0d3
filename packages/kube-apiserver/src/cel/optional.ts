import { Optional } from '@marcbachmann/cel-js'

/** A value that may not be there. */
export function optionalValue(value: unknown): unknown {
  return value === undefined ? Optional.none() : Optional.of(value)
}
