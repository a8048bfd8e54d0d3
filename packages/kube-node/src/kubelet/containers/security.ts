import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ContainerSpec, ImageInfo } from '@slipway/container-engine'
import { UserError } from '@slipway/errors'
import type { Container, Pod, SeccompProfile } from '../../model/pod.ts'
import { podText } from '../pod-text.ts'

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
  const security = { ...shared, ...own }
  if (security.runAsNonRoot) assertNotRoot(security.runAsUser, image, nameOf(pod, container))
  return {
    ...userOf(security, image),
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
  const { runAsUser, runAsGroup, supplementalGroups = [], fsGroup } = security
  const groups = [...supplementalGroups, ...(fsGroup === undefined ? [] : [fsGroup])]
  // Who names a group alone stays the image's user (kuberuntime, determineEffectiveSecurityContext).
  const user = runAsUser ?? (runAsGroup === undefined ? undefined : imageUser(image) || '0')
  return {
    ...(user !== undefined && { user: runAsGroup === undefined ? String(user) : `${user}:${runAsGroup}` }),
    ...(groups.length > 0 && { addGroups: groups.map(String) }),
  }
}

/** The user without a group; empty when the image names none. */
const imageUser = ({ user }: ImageInfo): string => user.split(':')[0] ?? ''

const nameOf = (pod: Pod, { name }: Container): string => `(pod: "${podText(pod)}", container: ${name})`

/** As verifyRunAsNonRoot of the kubelet words it. */
function assertNotRoot(runAsUser: number | undefined, image: ImageInfo, which: string): void {
  const refuse = (why: string): never => {
    throw new UserError('POD_SECURITY_REFUSED', `${why} ${which}`)
  }
  if (runAsUser === 0) refuse("container's runAsUser breaks non-root policy")
  if (runAsUser !== undefined) return
  const user = imageUser(image)
  if (/^0*$/.test(user)) refuse('container has runAsNonRoot and image will run as root')
  if (!/^\d+$/.test(user)) {
    refuse(`container has runAsNonRoot and image has non-numeric user (${user}), cannot verify user is non-root`)
  }
}
