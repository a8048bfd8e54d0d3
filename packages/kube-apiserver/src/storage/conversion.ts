import type { KubeObject } from '@slipway/kube-objects'
import { apiVersionOf, type Resource } from '../registry/resource.ts'
import { autoscalerV1, autoscalerV2 } from './autoscaler-conversion.ts'

/** How an object is read and written in a version that differs from the stored one in more than its name. */
export interface Conversion {
  fromStored(object: KubeObject): KubeObject
  toStored(object: KubeObject): KubeObject
}

const conversions: Record<string, Conversion> = {
  'events.k8s.io/v1/events': renaming([
    ['note', 'message'],
    ['regarding', 'involvedObject'],
    ['reportingController', 'reportingComponent'],
    ['deprecatedSource', 'source'],
    ['deprecatedFirstTimestamp', 'firstTimestamp'],
    ['deprecatedLastTimestamp', 'lastTimestamp'],
    ['deprecatedCount', 'count'],
  ]),
  'autoscaling/v1/horizontalpodautoscalers': { fromStored: autoscalerV1, toStored: autoscalerV2 },
}

/** The conversion of a resource; undefined for most, whose versions have the same fields. */
export function conversionOf({ group, version, plural }: Resource): Conversion | undefined {
  return conversions[`${group}/${version}/${plural}`]
}

/** An object in another version of its type. */
export async function convertObject(object: Readonly<KubeObject>, to: Resource): Promise<KubeObject> {
  const [version = ''] = object.apiVersion.split('/').slice(-1)
  if (to.custom?.convert) {
    const [converted] = await to.custom.convert([object as KubeObject], apiVersionOf(to))
    return converted as KubeObject
  }
  const from = conversions[`${to.group}/${version}/${to.plural}`]
  const stored = from?.toStored(object) ?? object
  return { ...(conversionOf(to)?.fromStored(stored) ?? stored), apiVersion: apiVersionOf(to) }
}

function renaming(names: [own: string, stored: string][]): Conversion {
  const rename = (object: KubeObject, pairs: [string, string][]): KubeObject => {
    const table = new Map(pairs)
    return Object.fromEntries(
      Object.entries(object).map(([field, value]) => [table.get(field) ?? field, value]),
    ) as KubeObject
  }
  return {
    toStored: (object) => rename(object, names),
    fromStored: (object) =>
      rename(
        object,
        names.map(([own, stored]) => [stored, own]),
      ),
  }
}
