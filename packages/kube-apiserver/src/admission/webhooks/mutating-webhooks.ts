import { equalJson, jsonPatch, type KubeObject, schemaFor } from '@slipway/kube-objects'
import { internalError } from '../../api/status.ts'
import { apiVersionOf, partOf, type Resource } from '../../registry/resource.ts'
import type { ObjectRules } from '../../schema/object-rules.ts'
import type { AdmissionPlugin, AdmissionRequest } from '../admission.ts'
import { askWebhook, isExempt, type Webhook, type WebhookDeps, wantedVersion, webhooksOf } from './webhook.ts'

/** Lets the webhooks of MutatingWebhookConfigurations change what is written, one after the other. */
export function mutatingWebhooks(deps: WebhookDeps & { rules: ObjectRules }): AdmissionPlugin {
  async function run(webhook: Webhook, request: AdmissionRequest): Promise<boolean> {
    const as = wantedVersion(webhook, request, deps)
    if (!as) return false
    const allowed = await askWebhook(webhook, request, as, deps)
    if (allowed?.patch === undefined) return false
    if (!request.object) {
      const why = `admission webhook "${webhook.hook.name}" attempted to modify the object, which is not supported for this operation`
      throw internalError(why)
    }
    const before = request.object
    const { resource, subresource } = request
    request.object = await patched(before, allowed.patch, partOf(as, subresource), partOf(resource, subresource))
    return !equalJson(before, request.object)
  }

  async function patched(object: KubeObject, patch: unknown, as: Resource, own: Resource): Promise<KubeObject> {
    const shown = apiVersionOf(as) === object.apiVersion ? object : await deps.convert(object, as)
    let result: KubeObject
    try {
      result = jsonPatch(shown, patch) as KubeObject
    } catch (error) {
      throw internalError((error as Error).message)
    }
    checkType(result, shown, own)
    const back = apiVersionOf(as) === object.apiVersion ? result : await deps.convert(result, own)
    return deps.rules.completed(back, own)
  }

  async function mutateAll(webhooks: Webhook[], request: AdmissionRequest): Promise<void> {
    const again: Webhook[] = []
    const asked: Webhook[] = []
    for (const webhook of webhooks) {
      if (await run(webhook, request)) again.push(...asked.filter((one) => !again.includes(one)))
      if (webhook.hook.reinvocationPolicy === 'IfNeeded') asked.push(webhook)
    }
    // Those that asked for it see what others changed after them, once.
    for (const webhook of again) await run(webhook, request)
  }

  return {
    mutate(request) {
      if (isExempt(request)) return
      const webhooks = webhooksOf('mutatingwebhookconfigurations', deps)
      if (webhooks.length > 0) return mutateAll(webhooks, request)
    },
  }
}

/** Throws 500 where a patch makes another type of an object; of custom resources whoever converts them has to tell. */
function checkType({ apiVersion, kind }: KubeObject, shown: KubeObject, { custom }: Resource): void {
  if (custom || ((apiVersion || shown.apiVersion) === shown.apiVersion && (kind || shown.kind) === shown.kind)) return
  const why = schemaFor({ apiVersion, kind })
    ? `converting (${apiVersion.split('/').at(-1)}.${kind}) to (${shown.kind}): unknown conversion`
    : `no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/runtime/scheme.go:110"`
  throw internalError(why)
}
