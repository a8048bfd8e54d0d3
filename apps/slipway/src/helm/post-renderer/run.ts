import { spawnSync } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { messageOf } from '@slipway/errors'
import { type Compat, postRenderer, type RenderOptions } from '@slipway/helm-chart'
import { flagError } from '../flags.ts'
import { pluginFolders } from '../settings.ts'
import { findPostRenderer, type PlatformCommand, type PostRendererPlugin } from './plugin.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Changes a stream of manifests. Throws an Error with Helm's words. */
type RunPostRenderer = (manifests: string) => string

/** Which post-renderer the flags ask for. */
export interface PostRendererFlags {
  readonly postRenderer?: readonly string[]
  readonly postRendererArgs: readonly string[]
}

/** What comes of it: Helm 4 changes the rendered files before they are sorted, Helm 3 the text of the manifests. */
export interface PostRender {
  readonly files?: NonNullable<RenderOptions['postRender']>
  readonly text?: RunPostRenderer
}

/** Finds what `--post-renderer` names: a plug-in, for Helm 3 a program. Throws UserError HELM_FLAG_INVALID where it is not there. */
export function postRenderOf(
  { postRenderer: names = [], postRendererArgs: args }: PostRendererFlags,
  env: Environment,
  compat: Compat = 'helm4',
): PostRender {
  const [name, ...more] = names.filter((value) => value !== '')
  if (name === undefined) return {}
  if (compat === 'helm3') {
    const last = more.at(-1) ?? name
    return {
      text: program(
        asFlag(last, () => programPath(last, env)),
        args,
      ),
    }
  }
  const plugin = asFlag(name, () => findPostRenderer(name, pluginFolders(env)))
  if (more.length > 0) throw flagError(more[0] ?? '', flag, 'cannot specify --post-renderer flag more than once')
  return { files: postRenderer((manifests) => runPlugin(plugin, args, env, manifests)) }
}

const flag = '--post-renderer'

function asFlag<T>(value: string, find: () => T): T {
  try {
    return find()
  } catch (error) {
    throw flagError(value, flag, messageOf(error))
  }
}

function runPlugin(plugin: PostRendererPlugin, args: readonly string[], env: Environment, manifests: string): string {
  const { name, folder } = plugin
  const own = { ...env, HELM_PLUGIN_NAME: name, HELM_PLUGIN_DIR: folder }
  const failed = (reason: string) =>
    new Error(`failed to invoke post-renderer plugin ${JSON.stringify(name)}: ${reason}`)
  const { command = '', args: fixed = [] } = commandFor(plugin.commands) ?? {}
  const [main = '', ...words] = command.split(' ')
  if (main === '') throw failed('failed to prepare plugin command: no plugin command is applicable')
  const expanded = [...words, ...fixed].map((arg) => expand(arg, own))
  const path = lookUp(expand(main, own), env, failed)
  const { status, stdout } = spawnSync(path, [...expanded, ...args], { input: manifests, env: own, ...asMuchAsItTakes })
  if (status !== 0) throw failed(`plugin ${JSON.stringify(name)} exited with error`)
  if (stdout.trim() === '') throw new Error(`post-renderer ${JSON.stringify(name)} produced empty output`)
  return stdout
}

const asMuchAsItTakes = { encoding: 'utf8', maxBuffer: Number.POSITIVE_INFINITY } as const

const goNames: Readonly<Record<string, string>> = { win32: 'windows', x64: 'amd64', ia32: '386' }

/** The command for this platform, else for this system, else for all. */
export function commandFor(
  commands: readonly PlatformCommand[],
  { platform, arch }: { readonly platform: string; readonly arch: string } = process,
): PlatformCommand | undefined {
  const is = (wanted: string | undefined, name: string) => wanted?.toLowerCase() === (goNames[name] ?? name)
  const anyArch = commands.filter(({ arch = '' }) => arch === '')
  return (
    commands.find((one) => is(one.os, platform) && is(one.arch, arch)) ??
    anyArch.find(({ os }) => is(os, platform)) ??
    anyArch.find(({ os = '' }) => os === '')
  )
}

/** `$NAME` and `${NAME}`, as os.Expand. */
function expand(text: string, env: Environment): string {
  return text.replaceAll(
    /\$(?:\{([^}]*)\}|(\w+))/g,
    (_, braced?: string, bare?: string) => env[braced ?? bare ?? ''] ?? '',
  )
}

function lookUp(command: string, env: Environment, failed: (reason: string) => Error): string {
  const path = pathOf(command, env)
  if (path !== undefined) return path
  throw failed(
    command.includes('/')
      ? `fork/exec ${command}: no such file or directory`
      : `exec: ${JSON.stringify(command)}: executable file not found in $PATH`,
  )
}

/** A path as it is, a name by PATH; undefined when no such program can be run. */
function pathOf(command: string, env: Environment): string | undefined {
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  const candidates = command.includes('/') ? [command] : folders.map((folder) => join(folder, command))
  return candidates.find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

function programPath(name: string, env: Environment): string {
  const path = pathOf(name, env)
  if (path !== undefined) return resolve(path)
  const reason = name.includes('/') ? `stat ${name}: no such file or directory` : 'executable file not found in $PATH'
  throw new Error(`unable to find binary at ${name}: exec: ${JSON.stringify(name)}: ${reason}`)
}

/** A post-renderer of Helm 3. */
function program(path: string, args: readonly string[]): RunPostRenderer {
  return (manifests) => {
    const { status, stdout, stderr } = spawnSync(path, args, { input: manifests, ...asMuchAsItTakes })
    if (status === 0) return stdout
    throw new Error(`error while running command ${path}. error output:\n${stderr}: exit status ${status}`)
  }
}
