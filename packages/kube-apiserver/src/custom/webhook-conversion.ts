import { randomUUID } from 'node:crypto'
import type { KubeObject } from '@slipway/kube-objects'
import type { RevisionStore } from '@slipway/storage'
import { callWebhook } from '../admission/webhooks/webhook-client.ts'
import { StatusError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import type { ConvertObjects } from '../registry/resource.ts'
import { recognized } from '../rest/body.ts'

/** Conversion by the webhook that a CustomResourceDefinition names; undefined when its versions differ in name only. */
export function webhookConversion(crd: Readonly<KubeObject>, store: RevisionStore): ConvertObjects | undefined {
  const { strategy, webhook } = (crd.spec?.conversion ?? {}) as Spec
  if (strategy !== 'Webhook' || !webhook?.clientConfig) return undefined
  const version =
    (webhook.conversionReviewVersions as string[] | undefined)?.find((one) => one === 'v1' || one === 'v1beta1') ?? 'v1'
  return async (objects, apiVersion) => {
    if (objects.length === 0) return []
    const request = { uid: randomUUID(), desiredAPIVersion: apiVersion, objects }
    const review = { kind: 'ConversionReview', apiVersion: `apiextensions.k8s.io/${version}`, request }
    try {
      const answer = await callWebhook(store, { client: webhook.clientConfig, seconds: 30 }, review)
      return checked(recognized(answer).response as Spec | undefined, request)
    } catch (error) {
      throw new StatusError(
        500,
        '',
        `conversion webhook for ${objects[0]?.apiVersion}, Kind=${objects[0]?.kind} failed: ${(error as Error).message}`,
      )
    }
  }
}

function checked(
  response: Spec | undefined,
  { uid, objects, desiredAPIVersion }: { uid: string; objects: KubeObject[]; desiredAPIVersion: string },
): KubeObject[] {
  if (response?.uid !== uid) throw new Error(`expected response.uid="${uid}", got "${response?.uid ?? ''}"`)
  if (response.result?.status !== 'Success') throw new Error(response.result?.message ?? 'unknown error')
  const converted = (response.convertedObjects ?? []) as KubeObject[]
  if (converted.length !== objects.length) {
    throw new Error(`expected ${objects.length} converted objects, got ${converted.length}`)
  }
  return converted.map((object, index) => {
    if (object.apiVersion !== desiredAPIVersion)
      throw new Error(`expected converted object at index ${index} to be of version ${desiredAPIVersion}`)
    const { metadata } = objects[index] as KubeObject
    const { labels, annotations } = object.metadata
    // A conversion may change labels and annotations, and nothing else of the metadata.
    const { labels: _, annotations: __, ...own } = metadata
    return { ...object, metadata: { ...own, ...(labels && { labels }), ...(annotations && { annotations }) } }
  })
}
