import type { ServerResponse } from 'node:http'
import type { User } from '../api/request.ts'
import { ensureObject } from '../bootstrap.ts'
import type { Resource } from '../registry/resource.ts'
import type { ResourceRegistry } from '../registry/resource-registry.ts'
import type { ObjectService } from '../storage/object-service.ts'
import { AUTO_UPDATED, FLOW_SCHEMAS, GROUP, PRIORITY_LEVELS } from './defaults.ts'

/** Those that every request falls under, if under no other (flowcontrol/bootstrap). */
const MANDATORY = ['exempt', 'catch-all'] as const

/**
 * Says in answers that there is priority and fairness, as which clients stop limiting themselves. Nothing waits here, so
 * only the mandatory FlowSchemas have a part in it.
 */
export class FlowHeaders {
  readonly #headers = new Map<(typeof MANDATORY)[number], [flowSchema: string, priorityLevel: string]>()

  /** Makes the mandatory objects where they are not there. */
  async start(objects: ObjectService, registry: ResourceRegistry): Promise<void> {
    const schemas = registry.storedType(GROUP, 'flowschemas') as Resource
    const levels = registry.storedType(GROUP, 'prioritylevelconfigurations') as Resource
    for (const name of MANDATORY) {
      const metadata = () => ({ name, annotations: { ...AUTO_UPDATED } })
      await ensureObject(objects, levels, metadata(), { spec: structuredClone(PRIORITY_LEVELS[name]) })
      await ensureObject(objects, schemas, metadata(), { spec: structuredClone(FLOW_SCHEMAS[name]) })
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
