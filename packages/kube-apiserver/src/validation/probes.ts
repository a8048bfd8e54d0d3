import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import type { TypeRules } from './check-types.ts'
import { forbiddenField, invalidValue, required } from './field-errors.ts'
import { notNegative, portNumberOrName, requiredText } from './values.ts'

/** Probes and hooks of containers. */
export const probeRules: TypeRules = {
  'core/v1.Probe': (probe, at) => [
    ...handlerErrors(probe, at),
    ...['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'].flatMap(
      (field) => notNegative(`${at}.${field}`, probe[field]),
    ),
    ...(probe.terminationGracePeriodSeconds <= 0
      ? [
          invalidValue(
            `${at}.terminationGracePeriodSeconds`,
            probe.terminationGracePeriodSeconds,
            'must be greater than 0',
          ),
        ]
      : []),
  ],
  'core/v1.LifecycleHandler': handlerErrors,
  'core/v1.HTTPGetAction': ({ path, port, httpHeaders = [] }, at) => [
    ...requiredText(`${at}.path`, path),
    ...portNumberOrName(`${at}.port`, port),
    ...httpHeaders.flatMap(({ name = '' }: Spec) => headerErrors(name, `${at}.httpHeaders`)),
  ],
  'core/v1.TCPSocketAction': ({ port }, at) => portNumberOrName(`${at}.port`, port),
  'core/v1.GRPCAction': ({ port }, at) => portNumberOrName(`${at}.port`, port),
}

const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep']

function handlerErrors(holder: Spec, at: string): FieldError[] {
  const [first, ...more] = HANDLERS.filter((handler) => holder[handler])
  if (!first) return [required(at, 'must specify a handler type')]
  return [
    ...(first === 'exec' && !holder.exec.command?.length ? [required(`${at}.exec.command`)] : []),
    ...more.map((handler) => forbiddenField(`${at}.${handler}`, 'may not specify more than 1 handler type')),
  ]
}

function headerErrors(name: string, at: string): FieldError[] {
  if (/^[-A-Za-z0-9]+$/.test(name)) return []
  const why =
    "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')"
  return [invalidValue(at, name, why)]
}

/** What only a container as a whole can tell of its probes and hooks. */
export function containerProbes(container: Spec, gracePeriod: number | undefined, at: string): FieldError[] {
  const { livenessProbe, startupProbe, readinessProbe, lifecycle } = container
  const once = (probe: Spec | undefined, field: string) =>
    probe && probe.successThreshold !== 1
      ? [invalidValue(`${at}.${field}.successThreshold`, probe.successThreshold ?? 0, 'must be 1')]
      : []
  const period = readinessProbe?.terminationGracePeriodSeconds
  return [
    ...['postStart', 'preStop'].flatMap((hook) =>
      sleepErrors(lifecycle?.[hook], gracePeriod, `${at}.lifecycle.${hook}`),
    ),
    ...once(livenessProbe, 'livenessProbe'),
    ...(period === undefined
      ? []
      : [
          invalidValue(
            `${at}.readinessProbe.terminationGracePeriodSeconds`,
            period,
            'must not be set for readinessProbes',
          ),
        ]),
    ...once(startupProbe, 'startupProbe'),
  ]
}

function sleepErrors(handler: Spec | undefined, gracePeriod: number | undefined, at: string): FieldError[] {
  const seconds = handler?.sleep?.seconds ?? 0
  if (!handler?.sleep || gracePeriod === undefined || (seconds >= 0 && seconds <= gracePeriod)) return []
  const why = `must be non-negative and less than terminationGracePeriodSeconds (${gracePeriod})`
  return [invalidValue(`${at}.sleep`, seconds, why)]
}

/** Init containers that end before the others start have neither probes nor hooks. */
export function noProbes(container: Spec, at: string): FieldError[] {
  return ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe']
    .filter((field) => container[field])
    .map((field) => forbiddenField(`${at}.${field}`, 'may not be set for init containers without restartPolicy=Always'))
}
