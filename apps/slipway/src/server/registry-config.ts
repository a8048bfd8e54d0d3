import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf, UserError } from '@slipway/errors'
import { parseDocuments } from '@slipway/go-yaml'
import { isKubeObject, type KubeObject } from '@slipway/kube-objects'
import { type RegistrySettings, readSettings } from '@slipway/registry'

interface Located {
  object: KubeObject
  file: string
  line: number
}

/**
 * The settings of a registry that runs without a Kubernetes API: the same objects as there, with the Secrets that they name, in
 * the YAML of one file or of every file of a folder. Throws the first fault with its file and line.
 */
export async function readRegistryConfig(path: string): Promise<RegistrySettings> {
  const located = (await Promise.all((await filesOf(path)).map(readObjects))).flat()
  const secrets = new Map<string, Record<string, string>>()
  const objects: KubeObject[] = []
  for (const { object } of located) {
    if (object.apiVersion === 'v1' && object.kind === 'Secret') secrets.set(object.metadata.name, textsOf(object))
    else objects.push(object)
  }
  const { settings, faults } = readSettings(objects, (name) => secrets.get(name))
  const [fault] = faults
  if (!fault) return settings
  const { error } = fault
  const place = located.find(({ object }) => object === fault.object)
  const at = { ...error.at, ...(place && { file: place.file, line: place.line }) }
  throw new UserError('REGISTRY_CONFIG_INVALID', error.message, {
    at,
    cause: error,
    ...(error.hint && { hint: error.hint }),
  })
}

async function filesOf(path: string): Promise<string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path]
    const names = await readdir(path)
    return names
      .filter((name) => /\.ya?ml$/.test(name))
      .sort()
      .map((name) => join(path, name))
  } catch (error) {
    throw new UserError('REGISTRY_CONFIG_INVALID', `it can't be read: ${messageOf(error)}`, { at: { file: path } })
  }
}

async function readObjects(file: string): Promise<Located[]> {
  return parseDocuments(await readFile(file, 'utf8'), { file }).map(({ value, line, error }) => {
    if (error) throw error
    if (isKubeObject(value)) return { object: value, file, line }
    throw new UserError('REGISTRY_CONFIG_INVALID', 'a document is no object with apiVersion, kind and metadata.name', {
      at: { file, line },
    })
  })
}

function textsOf({ data = {}, stringData = {} }: KubeObject): Record<string, string> {
  const decoded = Object.entries(data as Record<string, string>).map(([key, value]) => [
    key,
    Buffer.from(value, 'base64').toString('utf8'),
  ])
  return { ...Object.fromEntries(decoded), ...(stringData as Record<string, string>) }
}
