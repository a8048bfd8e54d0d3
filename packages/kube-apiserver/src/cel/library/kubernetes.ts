import type { Environment } from '@marcbachmann/cel-js'
import { addAddresses } from './addresses.ts'
import { addAuthorization } from './authorization.ts'
import { addEquality } from './equality.ts'
import { addFormats } from './formats.ts'
import { addLists } from './lists.ts'
import { addMacros } from './macros.ts'
import { addQuantities } from './quantities.ts'
import { addSets } from './sets.ts'
import { addStrings } from './strings.ts'
import { addTimes } from './times.ts'
import { addUrls } from './urls.ts'
import { addVersions } from './versions.ts'

/** Adds the functions that Kubernetes 1.34 adds to CEL (apiserver's cel/environment/base.go) and this engine lacks. */
export function addKubernetesLibrary(env: Environment): Environment {
  for (const add of [
    addLists,
    addSets,
    addStrings,
    addTimes,
    addMacros,
    addUrls,
    addQuantities,
    addAddresses,
    addFormats,
    addVersions,
    addAuthorization,
    addEquality,
  ]) {
    add(env)
  }
  return env
}
