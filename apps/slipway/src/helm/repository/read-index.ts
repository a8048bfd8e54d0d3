import { messageOf, UserError } from '@slipway/errors'
import { parseIndex, type RepositoryIndex } from '@slipway/helm-chart'
import { logNotice } from '../log.ts'

/** Reads an index and tells of what it leaves out. Throws UserError CHART_INDEX_INVALID with Helm's text. */
export function readIndex(text: string, source: string): RepositoryIndex {
  try {
    return parseIndex(text, source, logNotice)
  } catch (error) {
    throw new UserError('CHART_INDEX_INVALID', messageOf((error as Error).cause ?? error), { cause: error })
  }
}
