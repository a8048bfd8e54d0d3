import { describeVar, gvOf } from './describe-var.ts'
import { KustomizeError } from './fault.ts'
import { gvknKey, idKey, type ResId } from './identity.ts'
import type { VarArgs } from './kustomization.ts'
import { ResMap } from './res-map.ts'
import { mergeConfigs, NO_CONFIG, type TransformerConfig } from './transformer-config.ts'

/** What a kustomization has gathered: objects, and what is yet to be done with them (ResAccumulator). */
export class Accumulator {
  readonly resMap = new ResMap()
  readonly vars = new Map<string, VarArgs>()
  config: TransformerConfig = NO_CONFIG

  mergeConfig(config: TransformerConfig): void {
    this.config = mergeConfigs(this.config, config)
  }

  /** Takes in what another kustomization has gathered. */
  merge(other: Accumulator): void {
    this.resMap.appendAll(other.resMap.resources)
    this.mergeConfig(other.config)
    for (const variable of other.vars.values()) this.#addVar(variable)
  }

  /** Notes which objects hold the values of vars. */
  addVars(vars: readonly VarArgs[]): void {
    for (const variable of vars) {
      const id = idOf(variable)
      const key = id.namespace !== '' ? idKey : gvknKey
      const wanted = key(id)
      const matches = this.resMap.byAnyId((other) => key(other) === wanted)
      if (matches.length > 1) {
        throw new KustomizeError(
          'KUSTOMIZE_INVALID',
          `found ${matches.length} resId matches for var ${describeVar({ ...variable, objref: { ...variable.objref, ...gvOf(variable.objref ?? {}) } })} (unable to disambiguate)`,
        )
      }
      matches[0]?.varNames.push(variable.name ?? '')
    }
    for (const variable of vars) this.#addVar(variable)
  }

  #addVar(variable: VarArgs): void {
    const { name = '' } = variable
    if (this.vars.has(name)) throw new KustomizeError('KUSTOMIZE_INVALID', `var '${name}' already encountered`)
    this.vars.set(name, variable)
  }
}

function idOf({ objref = {} }: VarArgs): ResId {
  const { kind = '', name = '', namespace = '' } = objref
  // Kustomize does not look up whether such a kind lives in namespaces.
  return { ...gvOf(objref), kind, name, namespace, isClusterScoped: false }
}
