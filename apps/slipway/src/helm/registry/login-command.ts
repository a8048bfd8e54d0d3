import { SlipwayError, UserError } from '@slipway/errors'
import { connectionFault, RefusedRequest, RegistryClient } from '@slipway/registry-client'
import type { ConnectionFlags } from '../flags.ts'
import { log, notice } from '../log.ts'
import { registryAccess } from '../network.ts'
import type { HelmSettings } from '../settings.ts'
import { removeLogin, storeLogin } from './credentials.ts'
import { ask, readPassword } from './prompt.ts'

/** The flags of `helm registry login`. */
export interface LoginOptions extends ConnectionFlags {
  readonly insecure: boolean
  readonly passwordStdin: boolean
}

/** `helm registry login HOST`: tries the credentials and remembers them. */
export async function login(host: string, options: LoginOptions, settings: HelmSettings): Promise<void> {
  const username = options.username ?? (await ask('Username: '))
  if (options.password !== undefined) {
    log('WARN', 'using --password via the CLI is insecure. Use --password-stdin')
  }
  const password = await readPassword(options, 'Password: ')
  if (host.includes('/')) {
    throw new UserError('HELM_ARGUMENTS_INVALID', `invalid reference: invalid registry ${JSON.stringify(host)}`)
  }
  const flags = { ...options, username, password, insecureSkipTlsVerify: options.insecure }
  try {
    await new RegistryClient(registryAccess(flags, settings)).ping(host)
  } catch (cause) {
    throw new UserError('HELM_LOGIN_FAILED', `authenticating to "${host}": ${loginFault(host, options, cause)}`, {
      cause,
    })
  }
  storeLogin(settings.registryConfig, host, { username, password })
  notice('Login Succeeded\n')
}

function loginFault(host: string, { plainHttp }: ConnectionFlags, error: unknown): string {
  if (error instanceof SlipwayError && error.code === 'REGISTRY_NOT_FOUND') return 'not found'
  if (error instanceof Error && error.cause instanceof RefusedRequest) return error.cause.message
  return `Get "${plainHttp ? 'http' : 'https'}://${host}/v2/": ${connectionFault(error)}`
}

/** `helm registry logout HOST`. */
export function logout(host: string, settings: HelmSettings): void {
  notice(`Removing login credentials for ${host}\n`)
  removeLogin(settings.registryConfig, host)
}
