import { messageOf, UserError } from '@slipway/errors'
import { applyPatch, type Operation, Pointer } from 'rfc6902'
import { isObject } from '../json.ts'

const OPERATIONS = new Set(['add', 'remove', 'replace', 'move', 'copy', 'test'])
// As the API server: a small patch must not cost unbounded work.
const MAX_OPERATIONS = 10_000

/** JSON Patch (RFC 6902), all operations or none; the target is not changed. Throws UserError PATCH_INVALID. */
export function jsonPatch<T>(target: T, operations: unknown): T {
  if (!Array.isArray(operations)) {
    throw new UserError('PATCH_INVALID', 'a JSON patch must be a list of operations')
  }
  if (operations.length > MAX_OPERATIONS) {
    throw new UserError(
      'PATCH_INVALID',
      `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${operations.length}`,
    )
  }
  const result = structuredClone(target)
  for (const operation of operations as unknown[]) {
    const checked = asAdd(fromFront(checkedOperation(operation), result), result)
    const [error] = findsNothing(checked, result) ? [] : applyPatch(result, [checked])
    if (error) throw operationError(checked, error)
  }
  return result
}

function checkedOperation(operation: unknown): Operation {
  if (!isObject(operation) || typeof operation.op !== 'string' || !OPERATIONS.has(operation.op)) {
    const op = isObject(operation) ? operation.op : operation
    throw new UserError('PATCH_INVALID', `Unexpected kind: ${typeof op === 'string' ? op : 'unknown'}`)
  }
  if (typeof operation.path !== 'string')
    throw new UserError('PATCH_INVALID', `${operation.op} operation: path is missing`)
  // A clone, since the library puts the value itself into the document.
  return structuredClone(operation) as unknown as Operation
}

/** To evanphx/json-patch -1 is the last item of a list, and behind it for what is added. */
function fromFront(operation: Operation, document: unknown): Operation {
  const shifted = (path: string, behind: number): string => {
    let at = document
    const keys = path.split('/').map((key, index, all) => {
      const more = index === all.length - 1 ? behind : 0
      const found = Array.isArray(at) && /^-\d+$/.test(key) ? String(at.length + more + Number(key)) : key
      if (index > 0) at = Pointer.fromJSON(`/${found}`).get(at)
      return found
    })
    return keys.join('/')
  }
  const adds = ['add', 'move', 'copy'].includes(operation.op)
  const path = shifted(operation.path, adds ? 1 : 0)
  return 'from' in operation ? { ...operation, path, from: shifted(operation.from, 0) } : { ...operation, path }
}

/** A test for null, which a field of a map passes that is not there. */
function findsNothing(operation: Operation, document: unknown): boolean {
  if (operation.op !== 'test' || (operation.value ?? null) !== null) return false
  const { parent, value } = Pointer.fromJSON(operation.path).evaluate(document)
  return isObject(parent) && value === undefined
}

/** In maps, evanphx/json-patch replaces what is not there, too. */
function asAdd(operation: Operation, document: unknown): Operation {
  if (operation.op !== 'replace') return operation
  const parent = Pointer.fromJSON(operation.path.slice(0, operation.path.lastIndexOf('/'))).get(document)
  return isObject(parent) ? { ...operation, op: 'add' } : operation
}

/** The words of evanphx/json-patch, which the API server and kustomize use. */
function operationError(operation: Operation, error: Error): UserError {
  const at = operation.path
  if (operation.op === 'test') {
    return new UserError('PATCH_INVALID', `testing value ${at} failed: test failed`)
  }
  const missing = error.name === 'MissingError'
  const reason = missing
    ? `unable to ${operation.op} nonexistent key: ${at.split('/').at(-1)}: missing value`
    : messageOf(error)
  return new UserError(
    'PATCH_INVALID',
    `${operation.op} operation does not apply: doc is missing path: "${at}": ${reason}`,
  )
}
