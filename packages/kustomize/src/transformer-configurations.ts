import { parse } from '@slipway/go-yaml'
import { DEFAULT_CONFIG } from './default-config.ts'
import { KustomizeError } from './fault.ts'
import { decodeStruct } from './go-struct.ts'
import { TRANSFORMER_CONFIG } from './kustomization-fields.ts'
import type { Loader } from './loader.ts'
import { mergeConfigs, NO_CONFIG, type TransformerConfig } from './transformer-config.ts'
import { textOfFile } from './tree.ts'

/** The field specs of the files that `configurations` names, added to the defaults. */
export function readConfigurations(loader: Loader, names: readonly string[]): TransformerConfig {
  let config = NO_CONFIG
  for (const name of names) {
    const { path, content } = loader.load(name)
    const data = parse(textOfFile(content), { file: path })
    const read = decodeStruct<Partial<TransformerConfig> | undefined>(
      data,
      TRANSFORMER_CONFIG,
      (_field, message, told) => {
        const whole = `error unmarshaling JSON: while decoding JSON: ${told}`
        return new KustomizeError('KUSTOMIZE_INVALID', message, { at: { file: path }, told: whole })
      },
    )
    config = mergeConfigs(config, { ...NO_CONFIG, ...read })
  }
  return mergeConfigs(DEFAULT_CONFIG, config)
}
