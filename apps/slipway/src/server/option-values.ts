import { UserError } from '@slipway/errors'

/** What runs the pods: containers of this machine's engine, a simulation, or nothing. */
export type NodeKind = 'engine' | 'simulated' | 'none'

/** The value of `--nodes`. Throws UserError OPTION_INVALID. */
export function parseNodeKind(value: string): NodeKind {
  if (value === 'engine' || value === 'simulated' || value === 'none') return value
  throw new UserError('OPTION_INVALID', `--nodes ${value} is not known`, { hint: 'use engine, simulated or none' })
}

/** The value of an option that names a port; 0 = any free port. Throws UserError OPTION_INVALID. */
export function parsePort(option: string, value: string): number {
  const port = Number(value)
  if (/^\d+$/.test(value) && port <= 65_535) return port
  throw new UserError('OPTION_INVALID', `${option} ${value} is no port`, { hint: 'use a number from 0 to 65535' })
}
