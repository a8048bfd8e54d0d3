import type { ApiRequest } from '../api/request.ts'

/** Adds Warning headers (RFC 9111 section 5.5), which kubectl shows to its user. */
export function addWarnings({ response }: Pick<ApiRequest, 'response'>, warnings: string[]): void {
  for (const warning of warnings) {
    const quoted = warning
      .replaceAll('\\', '\\\\')
      .replaceAll('"', '\\"')
      .replaceAll(/[^\x20-\x7e]/g, ' ')
    response.appendHeader('warning', `299 - "${quoted}"`)
  }
}
