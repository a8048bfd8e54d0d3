import type { FieldError } from '../../api/status.ts'
import { invalidValue } from '../../validation/field-errors.ts'

export type Level = 'privileged' | 'baseline' | 'restricted'

/** A level as one minor version of Kubernetes 1 has it; Infinity = the latest. */
export interface LevelVersion {
  level: Level
  minor: number
}

/** What a namespace asks of its pods. */
export interface Policy {
  enforce: LevelVersion
  warn: LevelVersion
  /** Labels that say nothing. */
  faults: FieldError[]
}

export const LABEL_PREFIX = 'pod-security.kubernetes.io/'
const LEVELS: readonly Level[] = ['privileged', 'baseline', 'restricted']
const LATEST = Number.POSITIVE_INFINITY

export const strictness = ({ level }: LevelVersion): number => LEVELS.indexOf(level)
export const isSame = (one: LevelVersion, other: LevelVersion): boolean =>
  one.level === other.level && one.minor === other.minor
export const levelText = ({ level, minor }: LevelVersion): string =>
  `${level}:${minor === LATEST ? 'latest' : `v1.${minor}`}`

/** What a namespace's labels say (api.PolicyToEvaluate): what can not be read enforces the most, and warns of nothing. */
export function policyOf(labels: Record<string, string> = {}): Policy {
  const faults: FieldError[] = []
  const read = (mode: string, fallback: Level): LevelVersion & { known: boolean } => {
    const [level, version] = [labels[LABEL_PREFIX + mode], labels[`${LABEL_PREFIX}${mode}-version`]]
    const known = level !== undefined && LEVELS.includes(level as Level)
    if (level !== undefined && !known) faults.push(fault(mode, level, `must be one of ${LEVELS.join(', ')}`))
    const [, minor] = /^v1\.(\d|[1-9]\d*)$/.exec(version ?? '') ?? []
    if (version !== undefined && version !== 'latest' && minor === undefined) {
      faults.push(fault(`${mode}-version`, version, 'must be "latest" or "v1.x"'))
    }
    const meant = level === undefined ? 'privileged' : known ? (level as Level) : fallback
    return { level: meant, minor: minor === undefined ? LATEST : Number(minor), known }
  }
  const enforce = read('enforce', 'restricted')
  read('audit', 'privileged')
  const warn = read('warn', 'privileged')
  // Who enforces, and says nothing of warnings, wants them of the same.
  const follows = labels[`${LABEL_PREFIX}warn`] === undefined && enforce.known && strictness(enforce) > strictness(warn)
  if (follows) {
    warn.level = enforce.level
    if (labels[`${LABEL_PREFIX}warn-version`] === undefined) warn.minor = enforce.minor
  }
  return { enforce, warn, faults }
}

const fault = (label: string, value: string, why: string): FieldError =>
  invalidValue(`metadata.labels[${LABEL_PREFIX}${label}]`, value, why)
