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

/** Reads `HOST:PORT`, `[IPv6]:PORT` or `:PORT` (every address of the machine). Throws UserError OPTION_INVALID. */
export function parseListenAddress(text: string): { host: string; port: number } {
  const [, bracketed, plain = '', digits = ''] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*)):(\d+)$/.exec(text) ?? []
  const port = Number(digits)
  if (digits === '' || port > 65_535) {
    throw new UserError('OPTION_INVALID', `"${text}" is no address to listen on`, {
      hint: 'write HOST:PORT, such as 127.0.0.1:5000, or :5000 for every address of the machine',
    })
  }
  return { host: bracketed ?? (plain || '::'), port }
}
