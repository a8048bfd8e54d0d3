import type { Platform } from '../platform.ts'
import { certificateFunctions } from './certificates.ts'
import { dateFunctions } from './dates.ts'
import { defaultFunctions } from './defaults.ts'
import { dictFunctions } from './dicts.ts'
import { hashFunctions } from './hashes.ts'
import { jsonFunctions } from './json.ts'
import { listFunctions } from './lists.ts'
import { mathFunctions } from './math.ts'
import { pathFunctions } from './paths.ts'
import { randomFunctions } from './random.ts'
import { regexFunctions } from './regex.ts'
import { semverFunctions } from './semver.ts'
import { stringFunctions } from './strings.ts'
import type { FunctionTable } from './table.ts'
import { tomlFunctions } from './toml/functions.ts'
import { urlFunctions } from './urls.ts'
import { yamlFunctions } from './yaml.ts'

const pureFunctions: FunctionTable = {
  ...defaultFunctions,
  ...stringFunctions,
  ...mathFunctions,
  ...listFunctions,
  ...dictFunctions,
  ...jsonFunctions,
  ...yamlFunctions,
  ...regexFunctions,
  ...semverFunctions,
  ...pathFunctions,
  ...urlFunctions,
}

const tables = new WeakMap<Platform, FunctionTable>()

/** Sprig as Helm ships it (without env and expandenv) and Helm's own functions that need no chart. */
export function templateFunctions(platform: Platform): FunctionTable {
  const known = tables.get(platform)
  if (known) return known
  const table = {
    ...pureFunctions,
    ...dateFunctions(platform),
    ...tomlFunctions(platform),
    ...randomFunctions(platform),
    ...hashFunctions(platform),
    ...certificateFunctions(platform),
  }
  tables.set(platform, table)
  return table
}
