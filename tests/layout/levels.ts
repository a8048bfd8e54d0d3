import { createRequire } from 'node:module'
import { read, tableRows } from './workspace.ts'

/** What of .dependency-cruiser.mjs the tests read. */
interface CruiserConfig {
  forbidden: { name: string; from: { path?: string }; to: { path?: string } }[]
}

/** The packages of each level, as the code map's table in docs/ARCHITECTURE.md has them. */
export const LEVELS: Record<string, string[]> = Object.fromEntries(
  tableRows(read('docs/ARCHITECTURE.md'))
    .filter(([level]) => /^L\d$/.test(level ?? ''))
    .map(([level = '', names = '']) => [level, names.replaceAll('`', '').split(', ')]),
)

/** The packages of each level, as the boundary check has them. */
export async function cruiserLevels(): Promise<Record<string, string[]>> {
  const { default: config } = (await import(
    createRequire(import.meta.url).resolve('../../.dependency-cruiser.mjs')
  )) as { default: CruiserConfig }
  const levels = ['L0', 'L1', 'L2', 'L3', 'L4']
  return Object.fromEntries(
    levels.map((level) => {
      const rule = config.forbidden.find(({ name }) => name.startsWith(`${level}-`))
      const path = level === 'L4' ? rule?.to.path : rule?.from.path
      return [level, path?.replace('^packages/(', '').replace(')/', '').split('|') ?? []]
    }),
  )
}

/** Imports point down; inside a level they are free below 4, where dependency-cruiser forbids circles. */
export function mayImport(from: string, to: string): boolean {
  const [level, wanted] = [levelOf(from), levelOf(to)]
  return wanted < level || (wanted === level && level < 4)
}

function levelOf(name: string): number {
  const [level = 'L9'] = Object.entries(LEVELS).find(([, names]) => names.includes(name)) ?? []
  return Number(level.slice(1))
}
