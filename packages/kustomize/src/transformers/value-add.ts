import { parse } from '@slipway/go-yaml'
import { isObject } from '@slipway/kube-objects'
import { KustomizeError } from '../fault.ts'
import { matchPath, read, write } from '../field-path.ts'
import { splitPath } from '../field-spec.ts'
import type { Selector } from '../kustomization.ts'
import { ResMap } from '../res-map.ts'
import { select } from '../selector.ts'
import { demandKind, textOf } from '../values.ts'
import { namespaceTransformer } from './namespace.ts'
import type { Helpers, Transformer } from './transformer.ts'

interface Target {
  selector?: Selector
  fieldPath?: string
  filePathPosition?: number
}

interface Config {
  value?: string
  targets?: Target[]
  targetFilePath?: string
}

/** Sets fields, or parts of paths in them, to a value; without one to the folder's name. */
export function valueAddTransformer(config: Config, { loader }: Helpers): Transformer {
  const value = (config.value ?? '').trim() || (loader.dir.split('/').at(-1) ?? '')
  const targets = [...(config.targets ?? [])]
  if (config.targetFilePath) {
    const file = parse(loader.text(config.targetFilePath), { duplicateKeys: 'last' })
    if (isObject(file) && Array.isArray(file.targets)) targets.push(...(file.targets as Target[]))
  }
  if (targets.length === 0) throw new KustomizeError('KUSTOMIZE_INVALID', 'must specify at least one target')
  for (const { fieldPath = '', filePathPosition = 0 } of targets) {
    if (fieldPath === '') throw new KustomizeError('KUSTOMIZE_INVALID', 'fieldPath cannot be empty')
    if (filePathPosition < 0) {
      throw new KustomizeError(
        'KUSTOMIZE_INVALID',
        `value of FilePathPosition (${filePathPosition}) cannot be negative`,
      )
    }
  }
  return ({ resources }) => {
    for (const target of targets) {
      for (const resource of target.selector ? select(resources, target.selector) : resources) {
        if (target.fieldPath === 'metadata/namespace') {
          namespaceTransformer({ metadata: { namespace: value } })(new ResMap([resource]))
          continue
        }
        const path = splitPath(target.fieldPath ?? '', '/')
        for (const slot of resource.object ? matchPath(resource.object, path, () => '') : []) {
          demandKind('scalar', read(slot))
          write(slot, withPart(textOf(read(slot)), target.filePathPosition ?? 0, value))
        }
      }
    }
  }
}

/** A path with a part put in at a place, from 1; the value itself for none. */
function withPart(path: string, position: number, part: string): string {
  if (position === 0) return part
  const parts = path.split('/')
  const isAbsolute = path.startsWith('/')
  const names = parts.filter(Boolean)
  names.splice(Math.min(position - 1, names.length), 0, part)
  return `${isAbsolute ? '/' : ''}${names.join('/')}`
}
