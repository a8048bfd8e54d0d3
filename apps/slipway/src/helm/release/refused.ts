import { messageOf, SlipwayError, UserError } from '@slipway/errors'

/** What the cluster refused, with what Helm says it was about to do. */
export function refused(error: unknown): never {
  const prefix = error instanceof SlipwayError ? (prefixes[error.code] ?? '') : ''
  throw new UserError('HELM_INSTALL_FAILED', prefix + messageOf(error), { cause: error })
}

const prefixes: Readonly<Record<string, string>> = {
  RELEASE_OBJECT_EXISTS: 'unable to continue with install: ',
  RELEASE_OBJECT_UNREADABLE: 'unable to continue with install: ',
  KUBE_NO_SUCH_KIND: 'unable to build kubernetes objects from release manifest: ',
  MANIFEST_INVALID: 'unable to build kubernetes objects from release manifest: ',
}
