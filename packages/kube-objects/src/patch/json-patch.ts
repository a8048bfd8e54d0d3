import { messageOf, UserError } from '@slipway/errors'
import { equalJson, isObject, type JsonObject, setField } from '../json.ts'

// The rules and the words of evanphx/json-patch v4, which the API server and kustomize use. It differs from RFC 6902: a field of a
// map that is not there is null, -1 is the last item of a list, and `replace` puts in what was not there.

/** What copies may add: without a bound, 30 of them make gigabytes of one field (JSONPatchMaxCopyBytes). */
const MAX_COPIED = 3 * 1024 * 1024

type Container = JsonObject | unknown[]

/** Where an operation acts: what holds the value, and the key or index there. */
interface Place {
  holder: Container
  key: string
}

/** A JSON patch, all operations or none; the target is not changed. Throws UserError PATCH_INVALID. */
export function jsonPatch<T>(target: T, operations: unknown): T {
  if (!Array.isArray(operations)) fail('a JSON patch must be a list of operations')
  const patching = new Patching(structuredClone(target))
  for (const operation of operations) patching.apply(isObject(operation) ? operation : {})
  return patching.document as T
}

class Patching {
  document: unknown
  #copied = 0

  constructor(document: unknown) {
    this.document = document
  }

  apply(operation: JsonObject): void {
    const { op } = operation
    if (op === 'add') this.#add(operation)
    else if (op === 'remove') this.#remove(operation)
    else if (op === 'replace') this.#replace(operation)
    else if (op === 'move') this.#move(operation)
    else if (op === 'copy') this.#copy(operation)
    else if (op === 'test') this.#test(operation)
    else fail(`Unexpected kind: ${typeof op === 'string' ? op : 'unknown'}`)
  }

  #add(operation: JsonObject): void {
    const path = pathOf(operation, 'path')
    const place = this.#place(path) ?? missing(`add operation does not apply: doc is missing path: "${path}"`)
    within(`error in add for path: '${path}'`, () => add(place, ownValue(operation)))
  }

  #remove(operation: JsonObject): void {
    const path = pathOf(operation, 'path')
    const place = this.#place(path) ?? missing(`remove operation does not apply: doc is missing path: "${path}"`)
    within(`error in remove for path: '${path}'`, () => remove(place))
  }

  #replace(operation: JsonObject): void {
    const path = pathOf(operation, 'path')
    const value = ownValue(operation)
    if (path === '') {
      // The library takes notice of nothing else, though it has words for a refusal.
      if (isContainer(value)) this.document = value
      return
    }
    const { holder, key } =
      this.#place(path) ?? missing(`replace operation does not apply: doc is missing path: ${path}`)
    if (isObject(holder)) setField(holder, key, value)
    else
      holder[indexOf(holder, key) ?? missing(`replace operation does not apply: doc is missing key: ${path}`)] = value
  }

  #move(operation: JsonObject): void {
    const from = pathOf(operation, 'from')
    const source = this.#place(from) ?? missing(`move operation does not apply: doc is missing from path: ${from}`)
    const value = within(`error in move for path: '${source.key}'`, () => {
      const found = get(source)
      remove(source)
      return found
    })
    const path = pathOf(operation, 'path')
    const place =
      this.#place(path) ?? missing(`move operation does not apply: doc is missing destination path: ${path}`)
    within(`error in move for path: '${path}'`, () => add(place, value))
  }

  #copy(operation: JsonObject): void {
    const from = pathOf(operation, 'from')
    const source = this.#place(from) ?? missing(`copy operation does not apply: doc is missing from path: ${from}`)
    const value = within(`error in copy for from: '${from}'`, () => get(source))
    const path = pathOf(operation, 'path')
    const place =
      this.#place(path) ?? missing(`copy operation does not apply: doc is missing destination path: ${path}`)
    this.#copied += JSON.stringify(value).length
    if (this.#copied > MAX_COPIED) {
      const limits = `${this.#copied}, exceeding the limit ${MAX_COPIED}`
      fail(`Unable to complete the copy, the accumulated size increase of copy is ${limits}`)
    }
    within('error while adding value during copy', () => add(place, structuredClone(value)))
  }

  #test(operation: JsonObject): void {
    const path = pathOf(operation, 'path')
    const found = path === '' ? this.document : this.#found(path)
    if (!equalJson(found, operation.value ?? null)) fail(`testing value ${path} failed: test failed`)
  }

  #found(path: string): unknown {
    const place = this.#place(path) ?? missing(`test operation does not apply: is missing path: ${path}`)
    return within(`error in test for path: '${path}'`, () => get(place))
  }

  /** Undefined when there is no map or list that could hold it. What comes before the first slash is of no account. */
  #place(path: string): Place | undefined {
    const parts = path.split('/').slice(1).map(unescaped)
    const key = parts.pop()
    if (key === undefined) return undefined
    let holder = this.document
    for (const part of parts) {
      if (isObject(holder) && Object.hasOwn(holder, part)) holder = holder[part]
      else if (Array.isArray(holder)) holder = holder[indexOf(holder, part) ?? -1]
      else return undefined
    }
    return isContainer(holder) ? { holder, key } : undefined
  }
}

function pathOf(operation: JsonObject, field: 'path' | 'from'): string {
  const path = operation[field]
  return typeof path === 'string' ? path : missing(`${String(operation.op)} operation failed to decode ${field}`)
}

/** A value of the operation's own, for the document changes. */
const ownValue = ({ value }: JsonObject): unknown => structuredClone(value ?? null)

const isContainer = (value: unknown): value is Container => typeof value === 'object' && value !== null

/** RFC 6901: `~1` is a slash and `~0` a tilde; any other tilde is one. */
const unescaped = (part: string): string => part.replaceAll(/~[01]/g, (code) => (code === '~1' ? '/' : '~'))

function get({ holder, key }: Place): unknown {
  if (isObject(holder)) return Object.hasOwn(holder, key) ? holder[key] : null
  return holder[knownIndex(holder, key)]
}

function add({ holder, key }: Place, value: unknown): void {
  if (isObject(holder)) setField(holder, key, value)
  else if (key === '-') holder.push(value)
  else {
    const index = within(`value was not a proper array index: '${key}'`, () => numberOf(key))
    const places = holder.length + 1
    if (index >= places || index < -places) failIndex(index)
    holder.splice(index < 0 ? index + places : index, 0, value)
  }
}

function remove({ holder, key }: Place): void {
  if (!isObject(holder)) holder.splice(knownIndex(holder, key), 1)
  else if (Object.hasOwn(holder, key)) delete holder[key]
  else missing(`Unable to remove nonexistent key: ${key}`)
}

function knownIndex(list: unknown[], key: string): number {
  return indexOf(list, key) ?? failIndex(numberOf(key))
}

/** Undefined when the list has no such item. */
function indexOf({ length }: unknown[], key: string): number | undefined {
  if (!INTEGER.test(key)) return undefined
  const index = Number(key)
  return index < length && index >= -length ? (index + length) % length : undefined
}

const INTEGER = /^[+-]?\d+$/

function numberOf(key: string): number {
  return INTEGER.test(key) ? Number(key) : fail(`strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`)
}

function failIndex(index: number): never {
  fail(`Unable to access invalid index: ${index}: invalid index referenced`)
}

/** Says where, in front of what is wrong. */
function within<T>(where: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    return fail(`${where}: ${messageOf(error)}`)
  }
}

function missing(what: string): never {
  fail(`${what}: missing value`)
}

function fail(message: string): never {
  throw new UserError('PATCH_INVALID', message)
}
