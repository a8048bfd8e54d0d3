import type { Condition, KubeObject } from './object.ts'

/** How far an object has come. */
export interface Health {
  status: 'Current' | 'InProgress' | 'Failed' | 'Terminating' | 'NotFound'
  message: string
}

const current = (message: string): Health => ({ status: 'Current', message })
const inProgress = (message: string): Health => ({ status: 'InProgress', message })
const failed = (message: string): Health => ({ status: 'Failed', message })

/** The state of an object by the rules of kstatus (sigs.k8s.io/cli-utils); undefined is an object that is not there. */
export function healthOf(object: KubeObject | undefined): Health {
  if (!object) return { status: 'NotFound', message: 'Resource not found' }
  if (object.metadata.deletionTimestamp) return { status: 'Terminating', message: 'Resource scheduled for deletion' }
  return genericHealth(object) ?? RULES[ruleKey(object)]?.(object) ?? current('Resource is current')
}

function ruleKey({ apiVersion, kind }: KubeObject): string {
  return apiVersion.includes('/') ? `${apiVersion.split('/')[0]}/${kind}` : kind
}

function condition({ status }: KubeObject, type: string): Condition | undefined {
  return ((status?.conditions ?? []) as Condition[]).find((entry) => entry.type === type)
}

function genericHealth(object: KubeObject): Health | undefined {
  const { generation } = object.metadata
  const observed = object.status?.observedGeneration as number | undefined
  if (observed !== undefined && generation !== undefined && observed !== generation) {
    return inProgress(`${object.kind} generation is ${generation}, but latest observed generation is ${observed}`)
  }
  const reconciling = condition(object, 'Reconciling')
  if (reconciling?.status === 'True') return inProgress(reconciling.message)
  const stalled = condition(object, 'Stalled')
  if (stalled?.status === 'True') return failed(stalled.message)
  if (ruleKey(object) in RULES) return undefined
  const ready = condition(object, 'Ready')
  if (ready) return ready.status === 'True' ? current(ready.message || 'Resource is Ready') : inProgress(ready.message)
  return undefined
}

const RULES: Record<string, (object: KubeObject) => Health> = {
  'apps/Deployment': deployment,
  'apps/StatefulSet': statefulSet,
  'apps/DaemonSet': daemonSet,
  'apps/ReplicaSet': replicaSet,
  'batch/Job': job,
  'apiextensions.k8s.io/CustomResourceDefinition': customResourceDefinition,
  'policy/PodDisruptionBudget': () => current('AllowedDisruptions has been computed.'),
  'batch/CronJob': () => current('Resource is always ready'),
  Pod: pod,
  PersistentVolumeClaim: (object) => {
    const phase = (object.status?.phase as string | undefined) ?? 'unknown'
    return phase === 'Bound' ? current('PVC is Bound') : inProgress(`PVC is not Bound. phase: ${phase}`)
  },
  Service: (object) =>
    object.spec?.type === 'LoadBalancer' && !object.spec?.clusterIP
      ? inProgress('ClusterIP not set. Service type: LoadBalancer')
      : current('Service is ready'),
}

function deployment(object: KubeObject): Health {
  const progressing = condition(object, 'Progressing')
  if (progressing?.reason === 'ProgressDeadlineExceeded') return failed('Progress deadline exceeded')
  const wanted = (object.spec?.replicas as number | undefined) ?? 1
  const { replicas = 0, updatedReplicas = 0, readyReplicas = 0, availableReplicas = 0 } = object.status ?? {}
  if (!object.status?.observedGeneration) return inProgress('Deployment has not been observed yet')
  if (replicas < wanted) return inProgress(`replicas: ${replicas}/${wanted}`)
  if (updatedReplicas < wanted) return inProgress(`Updated: ${updatedReplicas}/${wanted}`)
  if (replicas > wanted) return inProgress(`Pending termination: ${replicas - wanted}`)
  if (availableReplicas < updatedReplicas) return inProgress(`Available: ${availableReplicas}/${updatedReplicas}`)
  if (readyReplicas < wanted) return inProgress(`Ready: ${readyReplicas}/${wanted}`)
  if (condition(object, 'Available')?.status === 'False') return inProgress('Deployment not Available')
  return current(`Deployment is available. Replicas: ${replicas}`)
}

function replicaSet(object: KubeObject): Health {
  const failure = condition(object, 'ReplicaFailure')
  if (failure?.status === 'True') return inProgress(`Replica Failure condition. Check Pods: ${failure.message}`)
  const wanted = (object.spec?.replicas as number | undefined) ?? 1
  const { fullyLabeledReplicas = 0, availableReplicas = 0, readyReplicas = 0, replicas = 0 } = object.status ?? {}
  if (fullyLabeledReplicas < wanted) return inProgress(`Labelled: ${fullyLabeledReplicas}/${wanted}`)
  if (availableReplicas < wanted) return inProgress(`Available: ${availableReplicas}/${wanted}`)
  if (readyReplicas < wanted) return inProgress(`Ready: ${readyReplicas}/${wanted}`)
  if (replicas > wanted) return inProgress(`Pending termination: ${replicas - wanted}`)
  return current(`ReplicaSet is available. Replicas: ${replicas}`)
}

function statefulSet(object: KubeObject): Health {
  if (object.spec?.updateStrategy?.type === 'OnDelete')
    return current('StatefulSet is using the ondelete update strategy')
  const wanted = (object.spec?.replicas as number | undefined) ?? 1
  const { replicas = 0, readyReplicas = 0, currentReplicas = 0, updatedReplicas = 0 } = object.status ?? {}
  if (replicas < wanted) return inProgress(`Replicas: ${replicas}/${wanted}`)
  if (readyReplicas < wanted) return inProgress(`Ready: ${readyReplicas}/${wanted}`)
  if (replicas > wanted) return inProgress(`Pending termination: ${replicas - wanted}`)
  const partition = object.spec?.updateStrategy?.rollingUpdate?.partition as number | undefined
  if (partition) {
    return updatedReplicas < wanted - partition
      ? inProgress(`updated: ${updatedReplicas}/${wanted - partition}`)
      : current(`Partition rollout complete. updated: ${updatedReplicas}`)
  }
  if (currentReplicas < wanted) return inProgress(`current: ${currentReplicas}/${wanted}`)
  const { currentRevision, updateRevision } = object.status ?? {}
  if (currentRevision !== updateRevision) return inProgress('Waiting for updated revision to match current')
  return current(`All replicas scheduled as expected. Replicas: ${replicas}`)
}

function daemonSet(object: KubeObject): Health {
  if (!object.status?.observedGeneration) return inProgress('DaemonSet has not been observed yet')
  const wanted = object.status.desiredNumberScheduled as number | undefined
  if (wanted === undefined) return inProgress('Missing .status.desiredNumberScheduled')
  const { currentNumberScheduled = 0, updatedNumberScheduled = 0, numberAvailable = 0, numberReady = 0 } = object.status
  if (currentNumberScheduled < wanted) return inProgress(`Current: ${currentNumberScheduled}/${wanted}`)
  if (updatedNumberScheduled < wanted) return inProgress(`Updated: ${updatedNumberScheduled}/${wanted}`)
  if (numberAvailable < wanted) return inProgress(`Available: ${numberAvailable}/${wanted}`)
  if (numberReady < wanted) return inProgress(`Ready: ${numberReady}/${wanted}`)
  return current(`All replicas scheduled as expected. Replicas: ${wanted}`)
}

function job(object: KubeObject): Health {
  const failure = condition(object, 'Failed')
  if (failure?.status === 'True') return failed(`Job Failed. ${failure.message}`)
  const { active = 0, succeeded = 0, failed: failures = 0, startTime } = object.status ?? {}
  if (condition(object, 'Complete')?.status === 'True')
    return current(`Job Completed. succeeded: ${succeeded}/${object.spec?.completions ?? 1}`)
  // A job that has begun is what was asked for; kstatus waits for no completion.
  return startTime
    ? current(`Job in progress. success:${succeeded}, active: ${active}, failed: ${failures}`)
    : inProgress('Job not started')
}

function pod(object: KubeObject): Health {
  const phase = object.status?.phase as string | undefined
  switch (phase) {
    case 'Succeeded':
      return current('Pod has completed successfully')
    case 'Failed':
      return failed(`Pod has completed, but not successfully`)
    case 'Running':
      if (condition(object, 'Ready')?.status === 'True') return current('Pod is Ready')
      return crashLoop(object) ?? inProgress('Pod is running but is not Ready')
    default: {
      const scheduled = condition(object, 'PodScheduled')
      if (scheduled?.status === 'False' && scheduled.reason === 'Unschedulable')
        return failed('Pod could not be scheduled')
      return crashLoop(object) ?? inProgress(phase ? 'Pod is in the Pending phase' : 'Pod phase not available')
    }
  }
}

function crashLoop(object: KubeObject): Health | undefined {
  const statuses = (object.status?.containerStatuses ?? []) as {
    name: string
    state?: { waiting?: { reason?: string } }
  }[]
  const looping = statuses.filter(({ state }) => state?.waiting?.reason === 'CrashLoopBackOff').map(({ name }) => name)
  return looping.length > 0 ? failed(`Containers in CrashLoop state: ${looping.join(',')}`) : undefined
}

function customResourceDefinition(object: KubeObject): Health {
  const rejected = condition(object, 'NamesAccepted')
  if (rejected?.status === 'False') return failed(rejected.message)
  const established = condition(object, 'Established')
  if (established?.status === 'True') return current('CRD is established')
  if (established?.status === 'False' && established.reason !== 'Installing') return failed(established.message)
  return inProgress('Install in progress')
}
