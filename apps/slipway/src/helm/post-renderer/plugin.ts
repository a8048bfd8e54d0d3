import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { messageOf, UserError } from '@slipway/errors'
import { parse } from '@slipway/go-yaml'
import { log } from '../log.ts'

/** A plug-in of Helm 4 that changes manifests, as its plugin.yaml describes it. */
export interface PostRendererPlugin {
  readonly name: string
  readonly folder: string
  readonly commands: readonly PlatformCommand[]
}

/** A command for one platform; without one, for those that have none of their own. */
export interface PlatformCommand {
  readonly os?: string
  readonly arch?: string
  readonly command?: string
  readonly args?: readonly string[]
}

interface PluginFile {
  readonly apiVersion?: string
  readonly name?: string
  readonly type?: string
  readonly runtime?: string
  readonly runtimeConfig?: { readonly platformCommand?: readonly PlatformCommand[] }
}

/** Finds a plug-in of type postrenderer/v1 in the folders of HELM_PLUGINS. Throws an Error with Helm's words. */
export function findPostRenderer(name: string, folders: string): PostRendererPlugin {
  for (const folder of folders.split(delimiter)) {
    const plugins = pluginsIn(folder)
    refuseDuplicates(plugins)
    const found = plugins.find(({ file }) => file.name === name && file.type === 'postrenderer/v1')
    if (found) return runnable(found)
  }
  throw new Error(`plugin: {Name:${name} Type:postrenderer/v1} not found`)
}

interface Plugin {
  readonly folder: string
  readonly file: PluginFile
}

function runnable({ folder, file }: Plugin): PostRendererPlugin {
  const { name = '', runtime = '', runtimeConfig } = file
  // The other runtime of Helm runs WebAssembly.
  if (runtime !== 'subprocess') {
    throw new UserError('HELM_UNSUPPORTED', `a plugin with runtime ${JSON.stringify(runtime)} is not supported`)
  }
  return { name, folder, commands: runtimeConfig?.platformCommand ?? [] }
}

function pluginsIn(base: string): Plugin[] {
  if (!existsSync(base)) return []
  const folders = readdirSync(base)
    .sort()
    .map((name) => join(base, name))
  return folders.flatMap((folder) => {
    const path = join(folder, 'plugin.yaml')
    if (!existsSync(path)) return []
    try {
      return [{ folder, file: read(path, folder) }]
    } catch (error) {
      log('WARN', 'failed to load plugin (ignoring)', { plugin_yaml: path, error: messageOf(error) })
      return []
    }
  })
}

function read(path: string, folder: string): PluginFile {
  const file = (parse(readFileSync(path, 'utf8')) ?? {}) as PluginFile
  const fault = faultOf(file)
  if (fault !== undefined) throw new Error(`failed to load plugin ${JSON.stringify(folder)}: ${fault}`)
  return file
}

/** What Helm objects to; a file without apiVersion is one of Helm 3, which has no post-renderers. */
function faultOf({ apiVersion, name, type, runtime }: PluginFile): string | undefined {
  if (apiVersion !== undefined && apiVersion !== '' && apiVersion !== 'v1') {
    return `invalid plugin apiVersion: ${JSON.stringify(apiVersion)}`
  }
  if (typeof name !== 'string' || !/^[A-Za-z0-9_-]+$/.test(name)) {
    return `invalid plugin name ${JSON.stringify(name ?? '')}: must contain only a-z, A-Z, 0-9, _ and -`
  }
  if (apiVersion !== 'v1') return undefined
  if (!type) return 'empty type field'
  return runtime ? undefined : 'empty runtime field'
}

function refuseDuplicates(plugins: readonly Plugin[]): void {
  const seen = new Map<string | undefined, string>()
  for (const { folder, file } of plugins) {
    const other = seen.get(file.name)
    if (other !== undefined) {
      throw new Error(
        `two plugins claim the name ${JSON.stringify(file.name)} at ${JSON.stringify(other)} and ${JSON.stringify(folder)}`,
      )
    }
    seen.set(file.name, folder)
  }
}
