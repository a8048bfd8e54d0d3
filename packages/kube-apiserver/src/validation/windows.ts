import { subdomainNameErrors } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import type { TypeRules } from './check-types.ts'
import { invalidValue } from './field-errors.ts'

/** What a security context says of Windows (validateWindowsSecurityContextOptions). */
export const windowsRules: TypeRules = {
  'core/v1.WindowsSecurityContextOptions': (options: Spec, at: string) => {
    const { gmsaCredentialSpecName: name, gmsaCredentialSpec: credential, runAsUserName: user } = options
    const ofUser = (why: string) => invalidValue(`${at}.runAsUserName`, user, why)
    return [
      ...(name === undefined
        ? []
        : subdomainNameErrors(name).map((why) => invalidValue(`${at}.gmsaCredentialSpecName`, name, why))),
      ...(credential === undefined ? [] : credentialErrors(credential, `${at}.gmsaCredentialSpec`)),
      ...(user === undefined ? [] : userFaults(user).map(ofUser)),
    ]
  },
}

const MOST_KIB = 64

function credentialErrors(credential: string, at: string): FieldError[] {
  if (credential === '') return [invalidValue(at, credential, 'gmsaCredentialSpec cannot be an empty string')]
  if (Buffer.byteLength(credential) <= MOST_KIB * 1024) return []
  return [invalidValue(at, credential, `gmsaCredentialSpec size must be under ${MOST_KIB} KiB`)]
}

const NET_BIOS = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/
const DNS = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/
const LONGEST_DOMAIN = 256
const LONGEST_USER = 104

/** `DOMAIN\user`, or a user. */
function userFaults(name: string): string[] {
  if (name === '') return ['runAsUserName cannot be an empty string']
  if (/\p{Cc}/u.test(name)) return ['runAsUserName cannot contain control characters']
  const parts = name.split('\\')
  if (parts.length > 2) return ['runAsUserName cannot contain more than one backslash']
  const [user = '', domain] = parts.toReversed()
  const faults: [boolean, string][] = [
    [(domain?.length ?? 0) >= LONGEST_DOMAIN, `Domain length must be under ${LONGEST_DOMAIN} characters`],
    [
      domain !== undefined && !NET_BIOS.test(domain) && !DNS.test(domain),
      "Domain doesn't match the NetBios nor the DNS format",
    ],
    [user === '', 'User cannot be empty'],
    [user.length > LONGEST_USER, `User length must not be longer than ${LONGEST_USER} characters`],
    [/^[. ]+$/.test(user), 'User cannot contain only periods or spaces'],
    [/["/\\:;|=,+*?<>@[\]]/.test(user), 'User cannot contain the following characters: "/\\:;|=,+*?<>@[]'],
  ]
  return faults.filter(([isThere]) => isThere).map(([, why]) => `runAsUserName's ${why}`)
}
