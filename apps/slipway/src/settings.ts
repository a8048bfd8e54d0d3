import { readFileSync } from 'node:fs'
import { UserError } from '@slipway/errors'
import { parse } from '@slipway/go-yaml'

/** Names of real services and what stands for them here. `embedded` means the part that this program brings. */
export interface Settings {
  /** Registry host names. @default acrgitopsdev.azurecr.io and every other *.azurecr.io name are embedded */
  registries: Record<string, string>
  /** Prefixes of git addresses. @default those of Azure DevOps are embedded */
  repositories: Record<string, string>
}

const DEFAULTS: Settings = {
  registries: { 'acrgitopsdev.azurecr.io': 'embedded' },
  repositories: { 'git@ssh.dev.azure.com:': 'embedded' },
}

/** The settings of a file; an absent file is the defaults. Throws UserError SETTINGS_INVALID with the key at fault. */
export function readSettings(file: string): Settings {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return DEFAULTS
    throw error
  }
  const value = (parse(text, { file }) ?? {}) as Record<string, unknown>
  for (const [key, table] of Object.entries(value)) {
    const isTable =
      typeof table === 'object' && table !== null && Object.values(table).every((v) => typeof v === 'string')
    if (key in DEFAULTS && isTable) continue
    throw new UserError('SETTINGS_INVALID', `"${key}" is not a setting, or not a table of names`, {
      at: { file },
      hint: `the settings are ${Object.keys(DEFAULTS).join(', ')}`,
    })
  }
  return {
    registries: { ...DEFAULTS.registries, ...(value.registries as Record<string, string> | undefined) },
    repositories: { ...DEFAULTS.repositories, ...(value.repositories as Record<string, string> | undefined) },
  }
}
