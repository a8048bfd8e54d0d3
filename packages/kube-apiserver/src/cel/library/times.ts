import type { Environment } from '@marcbachmann/cel-js'
import type { Duration } from '@marcbachmann/cel-js/evaluator'

const TIMESTAMP = 'google.protobuf.Timestamp'

/** Conversions of CEL's own times that the engine lacks. */
export function addTimes(env: Environment): void {
  env.registerFunction('string(google.protobuf.Duration): string', (duration: Duration) => String(duration))
  env.registerFunction(`string(${TIMESTAMP}): string`, (time: Date) => time.toISOString().replace('.000Z', 'Z'))
  env.registerFunction(`int(${TIMESTAMP}): int`, (time: Date) => BigInt(Math.floor(time.getTime() / 1000)))
  env.registerFunction(`timestamp(${TIMESTAMP}): ${TIMESTAMP}`, (time: Date) => time)
  env.registerFunction('duration(google.protobuf.Duration): google.protobuf.Duration', (duration: Duration) => duration)
}
