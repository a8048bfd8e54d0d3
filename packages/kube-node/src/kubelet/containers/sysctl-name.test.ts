import { expect, it } from 'vitest'
import type { NodeObject } from '../../model/node.ts'
import type { Pod } from '../../model/pod.ts'
import { rejectionOf } from '../admission.ts'
import { sandboxSpec } from './container-spec.ts'
import { sysctlName } from './sysctl-name.ts'

it.each([
  ['kernel.shm_rmid_forced', 'kernel.shm_rmid_forced'],
  ['kernel/shm_rmid_forced', 'kernel.shm_rmid_forced'],
  ['net/ipv4/conf/eno2.100/rp_filter', 'net.ipv4.conf.eno2/100.rp_filter'],
  ['net.ipv4.conf.eno2/100.rp_filter', 'net.ipv4.conf.eno2/100.rp_filter'],
  ['kernel', 'kernel'],
])('the sysctl %s is %s', (name, expected) => {
  expect(sysctlName(name)).toBe(expected)
})

it('a pod may write the names of its sysctls with slashes', () => {
  const sysctls = [{ name: 'kernel/shm_rmid_forced', value: '1' }]
  const spec = { containers: [], securityContext: { sysctls } }
  const pod: Pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', uid: 'u' }, spec }
  const node = { metadata: { name: 'n' }, spec: {}, status: { allocatable: { pods: '1' } } } as unknown as NodeObject

  expect(rejectionOf(pod, node, [])).toBeUndefined()
  expect(sandboxSpec({ pod, attempt: 0, image: 'i', instance: 't', addressesReachable: true }).sysctls).toEqual({
    'kernel.shm_rmid_forced': '1',
  })
})
