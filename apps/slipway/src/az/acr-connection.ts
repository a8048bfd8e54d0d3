import { AzError } from './az-error.ts'
import { type AzLogin, type AzRegistry, readState, requireLogin, requireRegistry } from './az-state.ts'

export interface RegistryOptions {
  name?: string
  username?: string
  password?: string
}

export interface Connection {
  registry: AzRegistry & { name: string }
  login: AzLogin
}

/** The registry that is meant and the credentials for it: those of the command line, or those of the login. */
export function connectionOf({ name, username, password }: RegistryOptions): Connection {
  const state = readState()
  const registry = requireRegistry(state, name)
  if (username === undefined && password === undefined) {
    // The login of `az login` is for the services that it was told of, and goes to no other host.
    if (registry.name === registry.loginServer) {
      throw new AzError(`Please specify --username and --password for the registry '${registry.name}'.`, 2)
    }
    return { registry, login: requireLogin(state) }
  }
  if (username === undefined || password === undefined) {
    throw new AzError('Please specify both username and password in non-interactive mode.', 2)
  }
  return { registry, login: { username, password } }
}
