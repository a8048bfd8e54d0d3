import { crds as gitHostKinds } from '@slipway/git-host'
import { crds as helmKinds } from '@slipway/helm-controller'
import { crds as imagePolicyKinds } from '@slipway/image-policy'
import type { KubeObject } from '@slipway/kube-objects'
import { crds as kustomizeKinds } from '@slipway/kustomize-controller'
import { crds as pipelineKinds } from '@slipway/pipeline-runner'
import { crds as registryKinds } from '@slipway/registry'
import { crds as sourceKinds } from '@slipway/source-controller'

/** Every kind that the parts bring. */
export const crds: KubeObject[] = [
  ...gitHostKinds,
  ...pipelineKinds,
  ...sourceKinds,
  ...kustomizeKinds,
  ...helmKinds,
  ...registryKinds,
  ...imagePolicyKinds,
]
