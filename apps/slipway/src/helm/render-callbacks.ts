import type { Compat, RenderOptions } from '@slipway/helm-chart'
import { logNotice } from './log.ts'
import type { PostRender } from './post-renderer/run.ts'

interface Flags {
  readonly postRender?: PostRender | undefined
  readonly compat?: Compat
}

/** What a rendering calls: a post-renderer, and who is told of what does not fit. Helm 3 has other words for that. */
export function renderCallbacks({ postRender, compat }: Flags): Pick<RenderOptions, 'postRender' | 'notify'> {
  return {
    ...(compat !== 'helm3' && { notify: logNotice }),
    ...(postRender?.files && { postRender: postRender.files }),
  }
}
