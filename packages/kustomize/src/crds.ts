import { parse } from '@slipway/go-yaml'
import { isObject, type JsonObject } from '@slipway/kube-objects'
import type { FieldSpec } from './field-spec.ts'
import type { Loader } from './loader.ts'
import { mergeConfigs, type NameReference, NO_CONFIG, type TransformerConfig } from './transformer-config.ts'

/** What the definitions that `crds` names say of their fields (accumulator/loadconfigfromcrds.go). */
export function configOfCrds(loader: Loader, paths: readonly string[]): TransformerConfig {
  let config = NO_CONFIG
  for (const path of paths) {
    const data = parse(loader.text(path), { file: path, duplicateKeys: 'last' })
    const definitions = isObject(data) ? data : {}
    for (const name of Object.keys(definitions)) {
      const { kind, apiVersion, metadata } = propertiesOf(definitions, name)
      if (!kind || !apiVersion || !metadata) continue
      config = mergeConfigs(config, new Definitions(definitions, name).config())
    }
  }
  return config
}

function propertiesOf(definitions: JsonObject, name: string): JsonObject {
  const definition = definitions[name]
  const schema = isObject(definition) ? (definition.Schema ?? definition.schema) : undefined
  return isObject(schema) && isObject(schema.properties) ? schema.properties : {}
}

/** How deep definitions may refer to each other. */
const MAX_DEPTH = 50

class Definitions {
  readonly #definitions: JsonObject
  readonly #name: string
  readonly #lists = {
    commonAnnotations: [] as FieldSpec[],
    commonLabels: [] as FieldSpec[],
    namePrefix: [] as FieldSpec[],
    nameReference: [] as NameReference[],
  }

  constructor(definitions: JsonObject, name: string) {
    this.#definitions = definitions
    this.#name = name
  }

  config(): TransformerConfig {
    this.#read(this.#name, [])
    return { ...NO_CONFIG, ...this.#lists }
  }

  #read(name: string, path: readonly string[]): void {
    if (path.length > MAX_DEPTH) return
    for (const [field, property] of Object.entries(propertiesOf(this.#definitions, name))) {
      if (!isObject(property)) continue
      const here = [...path, field]
      if (isText(property['x-kubernetes-annotation'])) this.#lists.commonAnnotations.push(this.#spec(here))
      if (isText(property['x-kubernetes-label-selector'])) this.#lists.commonLabels.push(this.#spec(here))
      if (isText(property['x-kubernetes-identity'])) this.#lists.namePrefix.push(this.#spec(here))
      this.#reference(property, here)
      if (isText(property.$ref)) this.#read(property.$ref, here)
    }
  }

  #reference(property: JsonObject, path: readonly string[]): void {
    const version = property['x-kubernetes-object-ref-api-version']
    const kind = property['x-kubernetes-object-ref-kind']
    const key = property['x-kubernetes-object-ref-name-key'] ?? 'name'
    if (!isText(version) || !isText(kind) || !isText(key)) return
    this.#lists.nameReference.push({ kind, version, fieldSpecs: [this.#spec([...path, key])] })
  }

  #spec(path: readonly string[]): FieldSpec {
    return { kind: this.#name.split('.').at(-1) ?? '', path: path.join('/') }
  }
}

const isText = (value: unknown): value is string => typeof value === 'string'
