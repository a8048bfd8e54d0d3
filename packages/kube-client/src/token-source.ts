import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { messageOf, TransientError } from '@slipway/errors'

/** Where a bearer token comes from that does not stay the same. */
export type TokenSource = { file: string } | { exec: ExecPlugin; environment: Environment }

export type Environment = Readonly<Record<string, string | undefined>>

/** The `exec` of a kubeconfig's user (client.authentication.k8s.io). */
export interface ExecPlugin {
  apiVersion: string
  command: string
  args?: string[]
  env?: { name: string; value: string }[]
}

/** Milliseconds for which a token without an end is used: kubelets write files anew long before theirs end. */
const LIFETIME = 60_000
/** Milliseconds before its end at which a token is not used any more. */
const MARGIN = 10_000

/** A token that is read anew when its time is over or the server has refused it. */
export class RenewedToken {
  readonly #source: TokenSource
  #token: Promise<string> | undefined
  #until = 0

  constructor(source: TokenSource) {
    this.#source = source
  }

  /** Throws TransientError KUBE_CREDENTIALS_UNAVAILABLE. */
  get(): Promise<string> {
    if (!this.#token || Date.now() >= this.#until) {
      // Whoever asks meanwhile waits for this one.
      this.#until = Number.POSITIVE_INFINITY
      this.#token = this.#read()
      this.#token.catch(() => this.forget())
    }
    return this.#token
  }

  /** The server has refused it: the next one is another. */
  forget(): void {
    this.#token = undefined
  }

  async #read(): Promise<string> {
    const source = this.#source
    const { token, until } = 'file' in source ? await readTokenFile(source.file) : await runPlugin(source)
    this.#until = until
    return token
  }
}

async function readTokenFile(file: string): Promise<{ token: string; until: number }> {
  try {
    return { token: (await readFile(file, 'utf8')).trim(), until: Date.now() + LIFETIME }
  } catch (error) {
    throw unavailable(`the token's file can't be read: ${messageOf(error)}`, error)
  }
}

interface ExecCredential {
  status?: { token?: string; expirationTimestamp?: string }
}

async function runPlugin({
  exec: { apiVersion, command, args = [], env = [] },
  environment,
}: {
  exec: ExecPlugin
  environment: Environment
}): Promise<{ token: string; until: number }> {
  const info = { apiVersion, kind: 'ExecCredential', spec: { interactive: false } }
  const own = Object.fromEntries(env.map(({ name, value }) => [name, value]))
  try {
    const { stdout } = await promisify(execFile)(command, args, {
      env: { ...environment, ...own, KUBERNETES_EXEC_INFO: JSON.stringify(info) },
    })
    const { token, expirationTimestamp } = (JSON.parse(stdout) as ExecCredential).status ?? {}
    if (!token) throw new Error('it gave no token')
    const until = expirationTimestamp ? Date.parse(expirationTimestamp) - MARGIN : Date.now() + LIFETIME
    return { token, until }
  } catch (error) {
    // Its output may hold a credential.
    throw unavailable(`the credential plug-in ${command} failed: ${messageOf(error).split('\n')[0]}`, error)
  }
}

function unavailable(message: string, cause: unknown): TransientError {
  return new TransientError('KUBE_CREDENTIALS_UNAVAILABLE', message, {
    hint: 'see that kubectl works with the same context',
    cause,
  })
}
