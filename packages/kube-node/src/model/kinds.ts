import type { ListQuery } from '@slipway/kube-client'

export const PODS: ListQuery = { apiVersion: 'v1', kind: 'Pod' }
export const SERVICES: ListQuery = { apiVersion: 'v1', kind: 'Service' }
