import { appendFile, mkdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { UserError } from '@slipway/errors'
import { gitAuthEnvironment } from '../run/git-auth.ts'
import type { Task, TaskContext } from './task.ts'

/** `checkout: self`: the run's commit, fetched from the git host into the sources folder, head detached. */
export const checkout: Task = {
  definition: {
    name: 'Checkout',
    version: 1,
    friendlyName: 'Checkout',
    inputs: [
      { name: 'repository', type: 'pickList', options: ['self', 'none'], default: 'self' },
      { name: 'clean', type: 'boolean', default: 'false' },
      // The service gives new pipelines a depth of 1.
      { name: 'fetchDepth', default: '1' },
      { name: 'fetchFilter' },
      { name: 'fetchTags', type: 'boolean', default: 'false' },
      { name: 'persistCredentials', type: 'boolean', default: 'false' },
      { name: 'submodules', type: 'pickList', options: ['false'], default: 'false' },
      { name: 'lfs', type: 'pickList', options: ['false'], default: 'false' },
      { name: 'path' },
    ],
  },
  async run(context) {
    const { repository, ref, commit } = context.run
    const folder = destination(context)
    const url = context.options.gitCloneUrl(repository)
    const credentials = await context.options.credentials()
    const env = { ...gitAuthEnvironment(url, credentials), GIT_TERMINAL_PROMPT: '0' }
    await mkdir(folder, { recursive: true })
    const git = (...args: string[]): Promise<void> => runGit(context, args, { cwd: folder, env })

    context.log(`Syncing repository: ${repository} (Git)`)
    await git('init', '--quiet', '--template=', '.')
    await appendFile(join(folder, '.git', 'config'), remoteConfig(context, url, env))
    await git('fetch', ...fetchArgs(context), 'origin', `+${commit}:refs/remotes/${remoteName(ref)}`)
    await git('-c', 'advice.detachedHead=false', 'checkout', '--quiet', '--force', commit)
    context.log(`HEAD is now at ${commit.slice(0, 8)}`)
  },
}

function destination(context: TaskContext): string {
  const path = context.input('path')
  if (path === '') return context.layout.sources
  const folder = join(context.layout.build, path)
  // The path must stay inside the workspace.
  if (!relative(context.layout.build, folder).startsWith('..')) return folder
  throw new UserError('TASK_INPUT_INVALID', `checkout path ${path} is outside of the workspace`)
}

function fetchArgs(context: TaskContext): string[] {
  const depth = Number(context.input('fetchDepth'))
  const filter = context.input('fetchFilter')
  return [
    ...['--force', context.boolean('fetchTags') ? '--tags' : '--no-tags', '--quiet', '--no-recurse-submodules'],
    ...(depth > 0 ? [`--depth=${depth}`] : []),
    ...(filter ? [`--filter=${filter}`] : []),
  ]
}

function remoteName(ref: string): string {
  if (ref.startsWith('refs/heads/')) return `origin/${ref.slice('refs/heads/'.length)}`
  return ref.replace(/^refs\//, '')
}

/** Written by hand: each `git config` would be a process. */
function remoteConfig(context: TaskContext, url: string, env: Record<string, string>): string {
  const remote = `[remote "origin"]\n\turl = ${url}\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n`
  if (!context.boolean('persistCredentials')) return remote
  return `${remote}[http "${url}"]\n\textraheader = "${env.GIT_CONFIG_VALUE_0 ?? ''}"\n`
}

async function runGit(
  context: TaskContext,
  args: string[],
  options: { cwd: string; env: Record<string, string> },
): Promise<void> {
  context.log(`##[command]git ${args.join(' ')}`)
  const code = await context.exec('git', args, options)
  context.exitCode(code)
  if (code !== 0)
    throw new UserError(
      'CHECKOUT_FAILED',
      `Git ${args.includes('fetch') ? 'fetch' : 'checkout'} failed with exit code: ${code}`,
    )
}
