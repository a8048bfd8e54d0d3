import type { GoFunction } from '@slipway/go-template'

/** Template functions by name. */
export type FunctionTable = Record<string, GoFunction>

/** Go's text when code follows a nil. */
export const nilDereference = 'runtime error: invalid memory address or nil pointer dereference'
