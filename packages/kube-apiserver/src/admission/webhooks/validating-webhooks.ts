import type { AdmissionPlugin } from '../admission.ts'
import { askWebhook, isExempt, type WebhookDeps, wantedVersion, webhooksOf } from './webhook.ts'

/** Asks the webhooks of ValidatingWebhookConfigurations, all at once; the first refusal in their order is the answer. */
export function validatingWebhooks(deps: WebhookDeps): AdmissionPlugin {
  return {
    validate(request) {
      if (isExempt(request)) return
      const webhooks = webhooksOf('validatingwebhookconfigurations', deps)
      if (webhooks.length === 0) return
      return (async () => {
        const answers = await Promise.allSettled(
          webhooks.map(async (webhook) => {
            const as = wantedVersion(webhook, request, deps)
            if (as) await askWebhook(webhook, request, as, deps)
          }),
        )
        for (const answer of answers) if (answer.status === 'rejected') throw answer.reason
      })()
    },
  }
}
