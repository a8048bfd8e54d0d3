import { expect, it } from 'vitest'
import { required } from './field-errors.ts'
import { inPodOrder } from './pod-order.ts'

it('tells the faults of a pod in the order of Kubernetes', () => {
  const fields = [
    'spec.restartPolicy',
    'spec.unheardOf',
    'spec.initContainers[0].image',
    'spec.containers[1].name',
    'spec.containers[0].livenessProbe.periodSeconds',
    'spec.containers[0].env[0].name',
    'spec.containers[0].image',
    'spec.volumes[0].name',
  ]
  const told = inPodOrder(
    fields.map((field) => required(field)),
    'spec',
    {},
  )
  expect(told.map(({ field }) => field)).toEqual([
    'spec.volumes[0].name',
    'spec.containers[0].image',
    'spec.containers[0].env[0].name',
    'spec.containers[0].livenessProbe.periodSeconds',
    'spec.containers[1].name',
    'spec.initContainers[0].image',
    'spec.restartPolicy',
    'spec.unheardOf',
  ])
})
