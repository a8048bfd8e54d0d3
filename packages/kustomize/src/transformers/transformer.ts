import type { FieldSpec } from '../field-spec.ts'
import type { Loader } from '../loader.ts'
import type { ResMap } from '../res-map.ts'
import type { ResourceFactory } from '../resource-factory.ts'

/** Changes the objects of a build. */
export type Transformer = (resources: ResMap) => void

/** What a plug-in may use (resmap.PluginHelpers). */
export interface Helpers {
  readonly loader: Loader
  readonly factory: ResourceFactory
  /** The file that errors about what stands in the configuration itself name. */
  readonly file: string
}

export interface FieldSpecs {
  fieldSpecs?: readonly FieldSpec[]
}
