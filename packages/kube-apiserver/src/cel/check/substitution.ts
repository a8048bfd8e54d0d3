import { DYN, formatType, isUnchecked, sameType, type Type } from './types.ts'

/** What type parameters stand for, and which types fit where (cel-go's checker/types.go). */
export class Substitution {
  readonly #bound = new Map<string, Type>()
  /** What was bound before, to take back what a type that does not fit has changed. */
  readonly #changed: { name: string; before: Type | undefined }[] = []
  #fresh = 0

  /** A parameter that nothing is known of yet. */
  unknown(): Type {
    return { kind: 'parameter', name: `_var${this.#fresh++}`, parameters: [] }
  }

  /** Whether a value of a type may stand where another is wanted. What that says of parameters is kept only if all fit. */
  fits(types: readonly Type[], wanted: readonly Type[]): boolean {
    if (types.length !== wanted.length) return false
    const fits = types.every((type, index) => this.#assignable(type, wanted[index] as Type))
    for (const { name, before } of this.#changed.splice(0).toReversed()) {
      if (fits) continue
      if (before) this.#bound.set(name, before)
      else this.#bound.delete(name)
    }
    return fits
  }

  /** A type with what is known of its parameters; at last, parameters that nothing is known of are dyn. */
  resolve(type: Type, final = false): Type {
    const bound = type.kind === 'parameter' ? this.#bound.get(type.name) : undefined
    if (bound) return this.resolve(bound, final)
    if (type.kind === 'parameter') return final ? DYN : type
    if (type.parameters.length === 0) return type
    return { ...type, parameters: type.parameters.map((inner) => this.resolve(inner, final)) }
  }

  #assignable(a: Type, b: Type): boolean {
    if (b.kind === 'parameter') {
      const { valid, known } = this.#bind(a, b)
      if (valid || known) return valid
    }
    if (a.kind === 'parameter') return this.#bind(b, a).valid
    if (isUnchecked(a) || isUnchecked(b)) return true
    if (a.kind === 'null' || b.kind === 'null') return isNullable(a.kind === 'null' ? b : a)
    if (a.kind === 'type') return b.kind === 'type'
    if (a.kind !== b.kind || a.name !== b.name || a.parameters.length !== b.parameters.length) return false
    return a.parameters.every((inner, index) => this.#assignable(inner, b.parameters[index] as Type))
  }

  /** Takes a parameter to stand for a type, if that agrees with what it stands for already. */
  #bind(type: Type, param: Type): { valid: boolean; known: boolean } {
    if (sameType(type, param)) return { valid: true, known: true }
    const bound = this.#bound.get(param.name)
    if (bound) {
      if (sameType(type, bound)) return { valid: true, known: true }
      if (!this.#assignable(type, bound)) return { valid: false, known: true }
      const general = mostGeneral(type, bound)
      if (!this.#mentions(general, param)) this.#set(param.name, general)
      return { valid: true, known: true }
    }
    if (this.#mentions(type, param)) return { valid: false, known: false }
    this.#set(param.name, type)
    return { valid: true, known: false }
  }

  #set(name: string, type: Type): void {
    this.#changed.push({ name, before: this.#bound.get(name) })
    this.#bound.set(name, type)
  }

  /** Whether a type is made of a parameter: it can't stand for itself. */
  #mentions(type: Type, param: Type): boolean {
    if (sameType(type, param)) return true
    if (type.kind === 'parameter') {
      const bound = this.#bound.get(type.name)
      return bound !== undefined && this.#mentions(bound, param)
    }
    return type.parameters.some((inner) => this.#mentions(inner, param))
  }
}

function isNullable({ kind, name }: Type): boolean {
  return kind === 'null' || kind === 'opaque' || kind === 'object' || name === 'duration' || name === 'timestamp'
}

export function mostGeneral(a: Type, b: Type): Type {
  return isNoMoreSpecific(a, b) ? a : b
}

function isNoMoreSpecific(a: Type, b: Type): boolean {
  if (a.kind === 'dyn' || a.kind === 'parameter') return true
  if (b.kind === 'dyn' || b.kind === 'parameter' || a.kind !== b.kind) return false
  if (a.kind === 'type') return true
  if (a.kind !== 'opaque' && a.kind !== 'list' && a.kind !== 'map') return formatType(a) === formatType(b)
  return (
    a.name === b.name &&
    a.parameters.length === b.parameters.length &&
    a.parameters.every((inner, index) => isNoMoreSpecific(inner, b.parameters[index] as Type))
  )
}
