import { UserError } from '@slipway/errors'

const ALPHANUMERIC = '[a-z0-9]+'
const COMPONENT = `${ALPHANUMERIC}(?:(?:[._]|__|-+)${ALPHANUMERIC})*`
const REMOTE = `${COMPONENT}(?:/${COMPONENT})*`
const DOMAIN_PART = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])'
const HOST = `(?:${DOMAIN_PART}(?:\\.${DOMAIN_PART})*|\\[[a-fA-F0-9:]+\\])`
const DOMAIN = `${HOST}(?::[0-9]+)?`
const TAG = '\\w[\\w.-]{0,127}'
const DIGEST = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[a-fA-F0-9]{32,}'
const REFERENCE = new RegExp(`^(?:${DOMAIN}/)?(${REMOTE})(?::${TAG})?(?:@(${DIGEST}))?$`)
const IDENTIFIER = /^[a-f0-9]{64}$/
const MOST = 255

/** Digits of the digests that the parser knows. */
const DIGESTS: Partial<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 }

/** What is wrong with the name of an image, in the words of the parser that the kubelet has (distribution/reference); undefined when nothing is. */
export function imageNameFault(text: string): string | undefined {
  if (IDENTIFIER.test(text)) {
    return `invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`
  }
  const { domain, rest } = splitDomain(text)
  const [remote = ''] = rest.split(':')
  if (remote.toLowerCase() !== remote) {
    return `invalid reference format: repository name (${remote}) must be lowercase`
  }
  const whole = `${domain}/${rest}`
  const match = REFERENCE.exec(whole)
  if (!match) {
    return REFERENCE.test(whole.toLowerCase()) ? 'repository name must be lowercase' : 'invalid reference format'
  }
  const [, path = '', digest] = match
  if (path.length > MOST) return `repository name must not be more than ${MOST} characters`
  return digest === undefined ? undefined : digestFault(digest)
}

/** Throws UserError IMAGE_NAME_INVALID, as the kubelet words it, for what names no image. */
export function checkImageName(text: string): void {
  const fault = imageNameFault(text)
  if (fault !== undefined) throw invalidImageName(text, `couldn't parse image name ${JSON.stringify(text)}: ${fault}`)
}

export const invalidImageName = (text: string, why: string, cause?: unknown): UserError =>
  new UserError('IMAGE_NAME_INVALID', `Failed to apply default image tag ${JSON.stringify(text)}: ${why}`, { cause })

/** Docker Hub is meant where the first part is no host. */
function splitDomain(text: string): { domain: string; rest: string } {
  const slash = text.indexOf('/')
  const first = text.slice(0, Math.max(0, slash))
  const isHost = first === 'localhost' || /[.:]/.test(first) || first.toLowerCase() !== first
  const domain = isHost && first !== 'index.docker.io' ? first : 'docker.io'
  const rest = isHost ? text.slice(slash + 1) : text
  return { domain, rest: domain === 'docker.io' && !rest.includes('/') ? `library/${rest}` : rest }
}

function digestFault(digest: string): string | undefined {
  const [algorithm = '', encoded = ''] = digest.split(':')
  const length = DIGESTS[algorithm]
  if (length === undefined) return 'unsupported digest algorithm'
  if (encoded.length !== length) return 'invalid checksum digest length'
  return /^[a-f0-9]+$/.test(encoded) ? undefined : 'invalid checksum digest format'
}
