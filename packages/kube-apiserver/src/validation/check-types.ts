import { fieldNode, type KubeObject, type SchemaNode, withoutNulls } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import { notSupported } from './field-errors.ts'

/** What Kubernetes' code asks of a struct of one Go type; `at` is its path, empty for the object itself. */
export type TypeRule = (value: Spec, at: string) => FieldError[]

/** Rules by Go type, such as `core/v1.Container`. */
export type TypeRules = Readonly<Record<string, TypeRule>>

/** An object as its controller will use it, where that is what Kubernetes looks at, by the kind's Go type. */
export type Views = Readonly<Record<string, (object: KubeObject) => KubeObject>>

/** The order in which Kubernetes tells what is wrong below a struct at `at`, by its Go type, where it differs from that of the rules. */
export type Orders = Readonly<Record<string, (errors: FieldError[], at: string, value: Spec) => FieldError[]>>

/** Every fault of an object's content, by the rules of the types in it and by the schema's enumerations. Metadata and status have rules of their own. */
export class TypeChecker {
  readonly #rules: TypeRules
  readonly #exempt: ReadonlySet<string>
  readonly #views: Views
  readonly #orders: Orders
  /** Whether anything below a node is checked at all. */
  readonly #checked = new Map<SchemaNode, boolean>()

  /** `exempt` are fields that a rule looks at by itself, or nobody does: `core/v1.Taint.effect`. */
  constructor(
    rules: TypeRules,
    { exempt, views, orders }: { exempt: readonly string[]; views: Views; orders: Orders },
  ) {
    this.#orders = orders
    this.#rules = rules
    this.#exempt = new Set(exempt)
    this.#views = views
  }

  check(given: KubeObject, schema: SchemaNode): FieldError[] {
    // Go does not tell a list that is null from one that is empty.
    const whole = withoutNulls(given)
    const object = this.#views[schema.typeName ?? '']?.(whole) ?? whole
    const { metadata: _, status: __, ...content } = object
    const own = schema.typeName === undefined ? undefined : this.#rules[schema.typeName]
    const errors = own?.(object, '') ?? []
    for (const [field, value] of Object.entries(content)) {
      const node = fieldNode(schema, field)
      if (this.#exempt.has(`${schema.typeName}.${field}`)) continue
      checkEnumeration(value, node, field, errors)
      this.#visit(value, node, field, errors)
    }
    return errors
  }

  #visit(value: unknown, node: SchemaNode, at: string, errors: FieldError[]): void {
    if (value === undefined || !this.#isChecked(node)) return
    if (Array.isArray(value)) {
      const items = node.items as SchemaNode
      for (const [index, item] of value.entries()) this.#visit(item, items, `${at}[${index}]`, errors)
    } else if (typeof value === 'object') this.#visitFields(value as Spec, node, at, errors)
  }

  #visitFields(value: Spec, node: SchemaNode, at: string, told: FieldError[]): void {
    const order = this.#orders[node.typeName ?? '']
    const errors = order ? [] : told
    if (node.typeName !== undefined) errors.push(...(this.#rules[node.typeName]?.(value, at) ?? []))
    for (const field in value) {
      const path = node.properties?.[field] ? `${at}.${field}` : `${at}[${field}]`
      if (this.#exempt.has(`${node.typeName}.${field}`)) continue
      const child = fieldNode(node, field)
      checkEnumeration(value[field], child, path, errors)
      this.#visit(value[field], child, path, errors)
    }
    if (order) told.push(...order(errors, at, value))
  }

  #isChecked(node: SchemaNode): boolean {
    const known = this.#checked.get(node)
    if (known !== undefined) return known
    // A recursive type counts as unchecked within itself, until something else in it is checked.
    this.#checked.set(node, false)
    const own = node.enum !== undefined || (node.typeName !== undefined && this.#rules[node.typeName] !== undefined)
    const children = [...Object.values(node.properties ?? {}), node.items, node.additional]
    const checked = own || children.some((child) => child !== undefined && this.#isChecked(child))
    this.#checked.set(node, checked)
    return checked
  }
}

function checkEnumeration(value: unknown, node: SchemaNode, at: string, errors: FieldError[]): void {
  if (!node.enum || node.enum.includes(value) || value === undefined) return
  // An empty text is what Go has for a field that nobody set, unless it is a pointer.
  if (value === '' && (node.omitEmpty || node.zero !== undefined)) return
  if (!errors.some(({ field }) => field === at)) errors.push(notSupported(at, value, node.enum as string[]))
}
