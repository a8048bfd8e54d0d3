import type { GitCredentials } from './options.ts'

/** Credentials for one git host as configuration in the environment (git-config(1), GIT_CONFIG_COUNT): out of sight of `ps`. */
export function gitAuthEnvironment(url: string, { username, password }: GitCredentials): Record<string, string> {
  const basic = Buffer.from(`${username}:${password}`).toString('base64')
  return {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `http.${url}.extraheader`,
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${basic}`,
  }
}
