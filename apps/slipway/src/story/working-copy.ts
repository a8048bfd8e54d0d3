import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { sh } from './shell.ts'

/** A person's clone of a repository, driven with the real git. */
export class WorkingCopy {
  readonly folder: string
  readonly #environment: NodeJS.ProcessEnv

  /** `environment` holds credentials, which must not be seen in arguments. */
  constructor(folder: string, author: string, environment: Record<string, string> = {}) {
    this.folder = folder
    this.#environment = {
      ...process.env,
      GIT_AUTHOR_NAME: author,
      GIT_AUTHOR_EMAIL: `${author}@example.com`,
      GIT_COMMITTER_NAME: author,
      GIT_COMMITTER_EMAIL: `${author}@example.com`,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      ...environment,
    }
  }

  async init(url: string): Promise<void> {
    mkdirSync(this.folder, { recursive: true })
    await this.git('init', '-q', '-b', 'master')
    await this.git('remote', 'add', 'origin', url)
  }

  copy(from: string): void {
    cpSync(from, this.folder, { recursive: true })
  }

  write(file: string, text: string): void {
    const path = join(this.folder, file)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }

  remove(file: string): void {
    rmSync(join(this.folder, file), { recursive: true })
  }

  /** Commits everything and pushes it; resolves to the commit, and when the push came back. */
  async push(message: string): Promise<{ commit: string; pushedAt: number }> {
    await this.git('add', '--all')
    await this.git('commit', '-q', '-m', message)
    await this.git('push', '-q', 'origin', 'HEAD')
    const pushedAt = Date.now()
    return { commit: (await this.git('rev-parse', 'HEAD')).trim(), pushedAt }
  }

  git(...args: string[]): Promise<string> {
    return sh('git', args, { cwd: this.folder, env: this.#environment })
  }
}

/** git's settings for sending a token with every request to a server, in the environment. */
export function tokenEnvironment(baseUrl: string, user: string, token: string): Record<string, string> {
  return {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `http.${baseUrl}/.extraHeader`,
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${Buffer.from(`${user}:${token}`).toString('base64')}`,
  }
}

/** How git is to reach a server over SSH with one key, whose host it is told to trust. */
export function sshEnvironment(keyFile: string, knownHostsFile: string): Record<string, string> {
  const options = `-o IdentitiesOnly=yes -o UserKnownHostsFile='${knownHostsFile}' -o StrictHostKeyChecking=yes -F /dev/null`
  return { GIT_SSH_COMMAND: `ssh -i '${keyFile}' ${options}` }
}
