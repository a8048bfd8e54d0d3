import { compileExpression } from '../regular-expression.ts'
import { isTable, type Values } from '../values/value.ts'
import { type Draft, type Subschema, subschemasOf } from './keywords.ts'
import { hybrid, isSchema, type LegacyDraft, type LegacyPool, type PooledSchema } from './legacy-pool.ts'
import { NotFetchedError } from './source.ts'

/**
 * Refuses a `type` that is none and a reference that leads nowhere, in a schema and all that it refers to. Throws an Error
 * with the words of xeipuuv/gojsonschema.
 */
export function checkLegacy(pool: LegacyPool, main: PooledSchema): void {
  new LegacyCheck(pool).run(main)
}

class LegacyCheck {
  private readonly pool: LegacyPool
  private readonly seen = new Set<unknown>()
  private notFetched: NotFetchedError | undefined

  constructor(pool: LegacyPool) {
    this.pool = pool
  }

  run({ schema, draft = hybrid }: PooledSchema): void {
    try {
      this.check(schema, draft)
    } catch (error) {
      // What is wrong may be another thing once everything is there.
      throw this.notFetched ?? error
    }
    if (this.notFetched) throw this.notFetched
  }

  private check(schema: unknown, draft: LegacyDraft): void {
    if (typeof schema === 'boolean' && draft > 4) return
    if (!isTable(schema)) throw new Error('Expected: valid schema, given: Invalid JSON')
    if (this.seen.has(schema)) return
    this.seen.add(schema)
    const inside = subschemasOf(schema, draft === hybrid ? 7 : (draft as Draft))
    const isDefinition = ({ keys }: Subschema) => keys[0] === 'definitions'
    for (const { schema: inner } of inside.filter(isDefinition)) this.check(inner, draft)
    // What else stands beside a reference is not read.
    if (typeof schema.$ref === 'string') {
      this.follow(schema, draft)
      return
    }
    checkKeywords(schema)
    for (const inner of inside) if (!isDefinition(inner)) this.check(inner.schema, draft)
  }

  private follow(schema: Values, outer: LegacyDraft): void {
    const target = this.find(schema)
    if (!target) return
    const { schema: found, draft = outer } = target
    if (!isSchema(found)) throw new Error('valid schema must be of type object')
    this.check(found, draft)
  }

  /** Goes on behind what is not fetched, so that all that is can be asked for at once. */
  private find(schema: Values): PooledSchema | undefined {
    try {
      return this.pool.resolve(schema)
    } catch (error) {
      if (!(error instanceof NotFetchedError)) throw error
      this.notFetched ??= error
      return undefined
    }
  }
}

const typeNames = ['array', 'boolean', 'integer', 'number', 'null', 'object', 'string']

function checkKeywords({ type, properties, pattern, patternProperties }: Values): void {
  for (const name of [type ?? []].flat().map(String)) {
    if (typeNames.includes(name)) continue
    throw new Error(
      `has a primitive type that is NOT VALID -- given: /${name}/ Expected valid values are:[${typeNames.join(' ')}]`,
    )
  }
  if (properties !== undefined && !isTable(properties)) throw new Error('properties must be of type object')
  for (const key of isTable(patternProperties) ? Object.keys(patternProperties) : []) {
    if (!isPattern(key)) throw new Error(`Invalid regex pattern '${key}'`)
  }
  if (typeof pattern === 'string' && !isPattern(pattern)) throw new Error('pattern must be a valid regex')
}

function isPattern(text: string): boolean {
  try {
    compileExpression(text)
    return true
  } catch {
    return false
  }
}
