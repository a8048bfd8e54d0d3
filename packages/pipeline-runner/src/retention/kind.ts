import { ageColumn, customResourceDefinition, type KubeObject } from '@slipway/kube-objects'
import type { RetentionRule } from './decide.ts'

/** Of a new project in Azure DevOps. Holds where there is no PipelineRetention. */
export const DEFAULT_RETENTION: RetentionRule = { daysToKeepRuns: 30, runsToRetainPerPipeline: 3 }

/** The CustomResourceDefinition of PipelineRetention; its fields are named as Azure's settings page names them. */
export const retentionKind: KubeObject = customResourceDefinition({
  group: 'slipway.dev',
  version: 'v1alpha1',
  categories: ['slipway'],
  kind: 'PipelineRetention',
  plural: 'pipelineretentions',
  description:
    'How long runs of pipelines are kept, with their logs and artifacts. Where there are several, a run stays as long as one keeps it.',
  spec: {
    type: 'object',
    properties: {
      daysToKeepRuns: {
        type: 'integer',
        minimum: 1,
        default: DEFAULT_RETENTION.daysToKeepRuns,
        description: 'Days after its end for which a run is kept.',
      },
      runsToRetainPerPipeline: {
        type: 'integer',
        minimum: 0,
        default: DEFAULT_RETENTION.runsToRetainPerPipeline,
        description:
          'So many of the latest are kept longer, of each pipeline and of its default and protected branches.',
      },
    },
  },
  columns: [
    { name: 'Days', type: 'integer', jsonPath: '.spec.daysToKeepRuns' },
    { name: 'Runs', type: 'integer', jsonPath: '.spec.runsToRetainPerPipeline' },
    ageColumn,
  ],
})
