import { type KubeObject, schemaFor } from '@slipway/kube-objects'
import { describe, expect, it } from 'vitest'
import { builtinTypes } from './type-rules.ts'

const complete = {
  ...{ name: 'c', image: 'x', terminationMessagePolicy: 'File', imagePullPolicy: 'Always' },
}

function faultsOf(spec: object): string[] {
  const type = { apiVersion: 'v1', kind: 'Pod' }
  const always = { restartPolicy: 'Always', dnsPolicy: 'ClusterFirst', containers: [complete] }
  const pod = { ...type, metadata: { name: 'p' }, spec: { ...always, ...spec } } as unknown as KubeObject
  const schema = schemaFor(type)
  return schema ? builtinTypes.check(pod, schema).map(({ field, message }) => `${field}: ${message}`) : []
}

const context = (securityContext: object) => ({ containers: [{ ...complete, securityContext }] })
const limited = (cpu: string) => ({ ...complete, resources: { requests: { cpu }, limits: { cpu } } })

describe('the rules of pods', () => {
  it.each([
    ['let a plain pod be', {}, []],
    [
      'look for no volume that has a fault itself',
      {
        volumes: [
          { name: 'v', emptyDir: {}, hostPath: { path: '/x' } },
          { name: 'w', emptyDir: {} },
        ],
        containers: [
          {
            ...complete,
            volumeMounts: [
              { name: 'v', mountPath: '/v' },
              { name: 'w', mountPath: '/w' },
            ],
          },
        ],
      },
      [
        'spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type',
        'spec.containers[0].volumeMounts[0].name: Not found: "v"',
      ],
    ],
    [
      'know names of users of Windows',
      context({ windowsOptions: { gmsaCredentialSpec: '', runAsUserName: '...\\a/b' } }),
      [
        'spec.containers[0].securityContext.windowsOptions.gmsaCredentialSpec: Invalid value: "": gmsaCredentialSpec cannot be an empty string',
        `spec.containers[0].securityContext.windowsOptions.runAsUserName: Invalid value: "...\\\\a/b": runAsUserName's Domain doesn't match the NetBios nor the DNS format`,
        `spec.containers[0].securityContext.windowsOptions.runAsUserName: Invalid value: "...\\\\a/b": runAsUserName's User cannot contain the following characters: "/\\:;|=,+*?<>@[]`,
      ],
    ],
    [
      'show a claim as Go has it',
      { resourceClaims: [{ name: 'a' }] },
      [
        'spec.resourceClaims[0]: Invalid value: {"Name":"a","ResourceClaimName":null,"ResourceClaimTemplateName":null}: must specify one of: `resourceClaimName`, `resourceClaimTemplateName`',
      ],
    ],
    [
      'name the policies of preemption in their order',
      { preemptionPolicy: 'Sometimes' },
      ['spec.preemptionPolicy: Unsupported value: "Sometimes": supported values: "PreemptLowerPriority", "Never"'],
    ],
    [
      'know what Windows has not',
      { os: { name: 'windows' }, hostPID: true, securityContext: { runAsUser: 1 }, ...context({ privileged: false }) },
      [
        'spec.hostPID: Forbidden: cannot be set for a windows pod',
        'spec.securityContext.runAsUser: Forbidden: cannot be set for a windows pod',
        'spec.containers[0].securityContext.privileged: Forbidden: cannot be set for a windows pod',
      ],
    ],
    [
      'know what Linux has not',
      { os: { name: 'linux' }, ...context({ windowsOptions: {} }) },
      ['spec.containers[0].securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod'],
    ],
    [
      'let no pod set the kernel of its host',
      { hostNetwork: true, securityContext: { sysctls: [{ name: 'net.core.somaxconn' }, { name: 'kernel.shmmax' }] } },
      [
        `spec.securityContext.sysctls[0].name: Invalid value: "net.core.somaxconn": may not be specified when 'hostNetwork' is true`,
      ],
    ],
    [
      'let a pod as a whole have no less than its containers',
      {
        resources: { requests: { cpu: '1' }, limits: { cpu: '1' } },
        containers: [limited('600m'), { ...limited('2'), name: 'd' }],
      },
      [
        'spec.resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate container requests of 2600m',
        'spec.resources.containers[1][cpu].limits: Invalid value: "2": must be less than or equal to pod limits of 1',
      ],
    ],
    [
      'unmask nothing of the host',
      context({ procMount: 'Unmasked' }),
      [
        'spec.containers[0].securityContext.procMount: Invalid value: "Unmasked": `hostUsers` must be false to use `Unmasked`',
      ],
    ],
    ['unmask what a user namespace keeps apart', { hostUsers: false, ...context({ procMount: 'Unmasked' }) }, []],
  ])('%s', (_, spec, faults) => {
    expect(faultsOf(spec).toSorted()).toEqual(faults.toSorted())
  })
})
