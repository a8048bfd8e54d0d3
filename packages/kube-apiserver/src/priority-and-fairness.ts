import type { ServerResponse } from 'node:http'
import type { User } from './api/request.ts'
import { ensureObject } from './bootstrap.ts'
import type { Resource } from './registry/resource.ts'
import type { ResourceRegistry } from './registry/resource-registry.ts'
import type { ObjectService } from './storage/object-service.ts'

const GROUP = 'flowcontrol.apiserver.k8s.io'
const metadata = (name: string) => ({ name, annotations: { 'apf.kubernetes.io/autoupdate-spec': 'true' } })
const flowSchema = (matchingPrecedence: number, groups: string[], more: object = {}) => ({
  matchingPrecedence,
  ...more,
  rules: [
    {
      subjects: groups.map((name) => ({ kind: 'Group', group: { name } })),
      resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] }],
      nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
    },
  ],
})

/** The objects that every cluster has (flowcontrol/bootstrap, mandatory). */
const MANDATORY = {
  exempt: {
    schema: flowSchema(1, ['system:masters']),
    level: { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } },
  },
  'catch-all': {
    schema: flowSchema(10_000, ['system:unauthenticated', 'system:authenticated'], {
      distinguisherMethod: { type: 'ByUser' },
    }),
    level: {
      type: 'Limited',
      limited: { nominalConcurrencyShares: 5, limitResponse: { type: 'Reject' }, lendablePercent: 0 },
    },
  },
}

type Name = keyof typeof MANDATORY

/**
 * Says in answers that there is priority and fairness, as which clients stop limiting themselves. Nothing waits here, so
 * only the mandatory FlowSchemas have a part in it.
 */
export class PriorityAndFairness {
  #headers = new Map<Name, [flowSchema: string, priorityLevel: string]>()

  async start(objects: ObjectService, registry: ResourceRegistry): Promise<void> {
    const schemas = registry.storedType(GROUP, 'flowschemas') as Resource
    const levels = registry.storedType(GROUP, 'prioritylevelconfigurations') as Resource
    for (const name of Object.keys(MANDATORY) as Name[]) {
      const { schema, level } = MANDATORY[name]
      const spec = { priorityLevelConfiguration: { name }, ...schema }
      await ensureObject(objects, levels, metadata(name), { spec: level })
      await ensureObject(objects, schemas, metadata(name), { spec })
      const uid = (resource: Resource) => objects.find({ resource, namespace: undefined, name })?.metadata.uid ?? ''
      this.#headers.set(name, [uid(schemas), uid(levels)])
    }
  }

  mark(response: ServerResponse, user: User): void {
    const headers = this.#headers.get(user.groups.includes('system:masters') ? 'exempt' : 'catch-all')
    if (!headers) return
    response.setHeader('x-kubernetes-pf-flowschema-uid', headers[0])
    response.setHeader('x-kubernetes-pf-prioritylevel-uid', headers[1])
  }
}
