import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../../testing/test-server.ts'
import { violationsOf } from './checks.ts'
import { policyOf } from './policy.ts'

const PREFIX = 'pod-security.kubernetes.io'
const LATEST = Number.POSITIVE_INFINITY

describe('violationsOf', () => {
  const plain = { containers: [{ name: 'c' }] }
  const decent = {
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [{ name: 'c', securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } }],
  }
  const of = (securityContext: object) => ({ containers: [{ name: 'c', securityContext }] })
  it.each([
    ['a pod that asks for nothing', plain, 'baseline', LATEST, []],
    ['a pod of the strictest kind', decent, 'restricted', LATEST, []],
    [
      'a pod that asks for nothing, where much must be asked',
      plain,
      'restricted',
      LATEST,
      [
        'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false)',
        'unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"])',
        'runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true)',
        'seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
      ],
    ],
    [
      'a Windows pod, where Linux has what it can not',
      { ...plain, os: { name: 'windows' } },
      'restricted',
      25,
      ['runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true)'],
    ],
    [
      'what the host shares',
      { ...plain, hostNetwork: true, hostPID: true, volumes: [{ name: 'v', hostPath: { path: '/' } }] },
      'baseline',
      LATEST,
      ['host namespaces (hostNetwork=true, hostPID=true)', 'hostPath volumes (volume "v")'],
    ],
    [
      'volumes of the host as one restricted type of others',
      {
        ...decent,
        volumes: [
          { name: 'v', hostPath: { path: '/' } },
          { name: 'w', nfs: {} },
        ],
      },
      'restricted',
      LATEST,
      ['restricted volume types (volumes "v", "w" use restricted volume types "hostPath", "nfs")'],
    ],
    [
      'a privileged container with rights of its own',
      of({ privileged: true, capabilities: { add: ['SYS_ADMIN', 'CHOWN'] }, procMount: 'Unmasked' }),
      'baseline',
      LATEST,
      [
        'non-default capabilities (container "c" must not include "SYS_ADMIN" in securityContext.capabilities.add)',
        'privileged (container "c" must not set securityContext.privileged=true)',
        'procMount (container "c" must not set securityContext.procMount to "Unmasked")',
      ],
    ],
    [
      'profiles that are none',
      of({ appArmorProfile: { type: 'Unconfined' }, seccompProfile: { type: 'Unconfined' } }),
      'baseline',
      LATEST,
      [
        'forbidden AppArmor profile (container "c" must not set AppArmor profile type to "Unconfined")',
        'seccompProfile (container "c" must not set securityContext.seccompProfile.type to "Unconfined")',
      ],
    ],
    [
      'SELinux types, one of which came later',
      of({ seLinuxOptions: { type: 'container_engine_t', role: 'r' } }),
      'baseline',
      30,
      [
        'seLinuxOptions (container "c" set forbidden securityContext.seLinuxOptions: type "container_engine_t"; role may not be set)',
      ],
    ],
    [
      'sysctls, as the version has them',
      { ...plain, securityContext: { sysctls: [{ name: 'net.ipv4.tcp_rmem' }, { name: 'kernel.msgmax' }] } },
      'baseline',
      31,
      ['forbidden sysctls (net.ipv4.tcp_rmem, kernel.msgmax)'],
    ],
    [
      'ports of the host',
      {
        containers: [
          { name: 'a', ports: [{ hostPort: 80 }] },
          { name: 'b', ports: [{ hostPort: 81 }] },
        ],
      },
      'baseline',
      LATEST,
      ['hostPort (containers "a", "b" use hostPorts 80, 81)'],
    ],
    [
      'hosts that are probed, since 1.34',
      { containers: [{ name: 'a', livenessProbe: { httpGet: { host: '127.0.0.1' } } }] },
      'baseline',
      34,
      ['probe or lifecycle host (container "a" uses probe or lifecycle host "127.0.0.1")'],
    ],
    [
      'hosts that are probed, before',
      { containers: [{ name: 'a', livenessProbe: { httpGet: { host: 'h' } } }] },
      'baseline',
      33,
      [],
    ],
    [
      'root',
      { ...decent, securityContext: { ...decent.securityContext, runAsUser: 0 } },
      'restricted',
      LATEST,
      ['runAsUser=0 (pod must not set runAsUser=0)'],
    ],
  ] as const)('finds %s', (_, spec, level, minor, expected) => {
    const found = violationsOf({ spec }, { level, minor })

    expect(found.map(({ reason, detail }) => `${reason} (${detail})`)).toEqual(expected)
  })
})

describe('policyOf', () => {
  it.each([
    ['nothing asks for nothing', {}, 'privileged', 'privileged', 0],
    ['warnings follow what is enforced', { enforce: 'baseline' }, 'baseline', 'baseline', 0],
    ['unless they are of their own', { enforce: 'restricted', warn: 'privileged' }, 'restricted', 'privileged', 0],
    ['what can not be read is the strictest', { enforce: 'strict' }, 'restricted', 'privileged', 1],
    ['and warns of nothing', { warn: 'x', 'enforce-version': '1.30' }, 'privileged', 'privileged', 2],
  ])('%s', (_, modes, enforce, warn, faults) => {
    const labels = Object.fromEntries(Object.entries(modes).map(([mode, value]) => [`${PREFIX}/${mode}`, value]))

    const policy = policyOf(labels)

    expect([policy.enforce.level, policy.warn.level, policy.faults.length]).toEqual([enforce, warn, faults])
  })
})

describe('PodSecurity', () => {
  let api: TestServer
  beforeAll(async () => {
    api = await startTestServer()
  })
  afterAll(() => api.stop())

  const namespace = (name: string, labels: Record<string, string>) =>
    api.call('POST', '/api/v1/namespaces', { body: { metadata: { name, labels } } })
  const privileged = { containers: [{ name: 'c', image: 'x:1', securityContext: { privileged: true } }] }
  const DETAIL = 'privileged (container "c" must not set securityContext.privileged=true)'

  it('refuses the pod that its namespace does not want, and warns of what would make one', async () => {
    await namespace('kept', { [`${PREFIX}/enforce`]: 'baseline', [`${PREFIX}/enforce-version`]: 'v1.30' })
    const template = { metadata: { labels: { a: 'b' } }, spec: privileged }
    const deployment = { metadata: { name: 'd' }, spec: { selector: { matchLabels: { a: 'b' } }, template } }

    const pod = await api.call('POST', '/api/v1/namespaces/kept/pods', {
      body: { metadata: { name: 'p' }, spec: privileged },
    })
    const maker = await api.call('POST', '/apis/apps/v1/namespaces/kept/deployments', { body: deployment })

    expect(pod.status).toBe(403)
    expect(pod.body.message).toBe(`pods "p" is forbidden: violates PodSecurity "baseline:v1.30": ${DETAIL}`)
    expect(maker.status).toBe(201)
    expect(maker.headers.warning).toContain(`would violate PodSecurity \\"baseline:v1.30\\": `)
  })

  it('takes no labels that say nothing, and tells of the pods that are there', async () => {
    const space = '/api/v1/namespaces/open'
    await namespace('open', {})
    for (const name of ['one', 'two']) {
      const { status } = await api.call('POST', `${space}/pods`, { body: { metadata: { name }, spec: privileged } })
      expect(status).toBe(201)
    }
    const label = (value: string) =>
      api.call('PATCH', space, {
        body: { metadata: { labels: { [`${PREFIX}/enforce`]: value } } },
        type: 'application/merge-patch+json',
      })

    const wrong = await label('strict')
    const strict = await label('baseline')

    expect(wrong.body.details.causes).toEqual([
      {
        reason: 'FieldValueInvalid',
        message: 'Invalid value: "strict": must be one of privileged, baseline, restricted',
        field: `metadata.labels[${PREFIX}/enforce]`,
      },
    ])
    expect(strict.status).toBe(200)
    expect(strict.headers.warning).toContain('existing pods in namespace \\"open\\" violate the new PodSecurity')
    expect(strict.headers.warning).toContain('one (and 1 other pod): privileged')
  })
})
