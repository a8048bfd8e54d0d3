import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ContainerSpec, ImageInfo } from '@slipway/container-engine'
import { UserError } from '@slipway/errors'
import type { Container, Pod, SeccompProfile } from '../../model/pod.ts'

/**
 * As whom a container runs and what it may: its own security context before the pod's. `seccompDir` holds the profiles of type
 * Localhost. Throws UserError POD_SECURITY_REFUSED.
 */
export function securityOf(
  pod: Pod,
  container: Container,
  { image, seccompDir }: { image: ImageInfo; seccompDir: string },
): Partial<ContainerSpec> {
  const shared = pod.spec.securityContext ?? {}
  const own = container.securityContext ?? {}
  const { add, drop } = own.capabilities ?? {}
  const seccomp = seccompOf(own.seccompProfile ?? shared.seccompProfile, seccompDir)
  return {
    ...userOf({ ...shared, ...own }, image),
    ...(own.privileged && { privileged: true }),
    ...(own.readOnlyRootFilesystem && { readOnlyRootFilesystem: true }),
    ...(own.allowPrivilegeEscalation === false && { noNewPrivileges: true }),
    ...(seccomp && { seccomp }),
    ...(add && { addCapabilities: add }),
    ...(drop && { dropCapabilities: drop }),
  }
}

function seccompOf(profile: SeccompProfile | undefined, dir: string): ContainerSpec['seccomp'] {
  if (profile?.type === 'Unconfined') return 'unconfined'
  if (profile?.type !== 'Localhost') return undefined
  const file = join(dir, profile.localhostProfile ?? '')
  if (existsSync(file)) return { file }
  throw new UserError('POD_SECURITY_REFUSED', `cannot load seccomp profile "${file}": there is no such file`)
}

function userOf(
  security: NonNullable<Pod['spec']['securityContext']>,
  image: ImageInfo,
): Pick<ContainerSpec, 'user' | 'addGroups'> {
  const { runAsUser, runAsGroup, runAsNonRoot, supplementalGroups = [], fsGroup } = security
  if (runAsNonRoot) assertNotRoot(runAsUser, image)
  const groups = [...supplementalGroups, ...(fsGroup === undefined ? [] : [fsGroup])]
  const user = runAsUser ?? (runAsGroup === undefined ? undefined : 0)
  return {
    ...(user !== undefined && { user: runAsGroup === undefined ? String(user) : `${user}:${runAsGroup}` }),
    ...(groups.length > 0 && { addGroups: groups.map(String) }),
  }
}

/** As verifyRunAsNonRoot of the kubelet words it. */
function assertNotRoot(runAsUser: number | undefined, { user }: ImageInfo): void {
  if (runAsUser === 0) throw new UserError('POD_SECURITY_REFUSED', "container's runAsUser breaks non-root policy")
  if (runAsUser !== undefined) return
  const [name = ''] = user.split(':')
  if (name === '' || name === '0') {
    throw new UserError('POD_SECURITY_REFUSED', 'container has runAsNonRoot and image will run as root')
  }
  if (/^\d+$/.test(name)) return
  const why = `container has runAsNonRoot and image has non-numeric user (${name}), cannot verify user is non-root`
  throw new UserError('POD_SECURITY_REFUSED', why)
}
