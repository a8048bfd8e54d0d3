import { equalJson, type KubeObject, withoutNulls } from '@slipway/kube-objects'
import type { FieldError } from '../../api/status.ts'
import type { Spec } from '../../defaults/spec.ts'
import { conditionErrors } from '../conditions.ts'
import { forbiddenField, invalidValue, notSupported, required, tooLong, tooMany } from '../field-errors.ts'
import { nodeSelectorErrors } from '../selectors.ts'
import { interfaceAddress } from '../values.ts'
import { driverName } from '../volumes.ts'
import { reference, references, requestNames } from './claims.ts'
import { configuration, document } from './configuration.ts'
import { labelName, poolName } from './names.ts'
import { listErrors, setErrors } from './sets.ts'

const MOST_CONSUMERS = 256
const MOST_RESULTS = 32
const MOST_CONFIGS = 64
const MOST_CONDITIONS = 8

/** Who may use the devices of a claim, which these are, and what their drivers say of them. */
export function claimStatus({ metadata, spec, ...next }: KubeObject, current: KubeObject): FieldError[] {
  const [status, before]: Spec[] = [next, current].map(({ status }) => withoutNulls(status ?? {}) as Spec)
  if (!status || !before) return []
  const { reservedFor = [], devices = [], allocation } = status
  const names = requestNames(spec?.devices?.requests)
  const allocated = new Set<string>(((allocation?.devices?.results ?? []) as Spec[]).map(idOf))
  return [
    ...setErrors(reservedFor as Spec[], 'status.reservedFor', MOST_CONSUMERS, {
      check: consumer,
      key: ({ uid = '' }) => uid,
      of: 'uid',
    }),
    ...setErrors(devices as Spec[], 'status.devices', Number.POSITIVE_INFINITY, {
      check: (device, at) => deviceStatus(device, at, allocated),
      key: idOf,
      of: 'deviceID',
    }),
    ...reservations(reservedFor, before.reservedFor ?? [], { allocation, leaves: metadata.deletionTimestamp }),
    ...(before.allocation && allocation
      ? equalJson(before.allocation, allocation)
        ? []
        : [invalidValue('status.allocation', allocation, 'field is immutable')]
      : [
          ...results(allocation, 'status.allocation.devices', names),
          ...(allocation?.nodeSelector
            ? nodeSelectorErrors(allocation.nodeSelector, 'status.allocation.nodeSelector')
            : []),
        ]),
  ]
}

const idOf = ({ driver = '', pool = '', device = '' }: Spec): string => `${driver}/${pool}/${device}`

const consumer = (one: Spec, at: string): FieldError[] =>
  ['resource', 'name', 'uid'].filter((field) => !one[field]).map((field) => required(`${at}.${field}`))

function reservations(after: Spec[], before: Spec[], { allocation, leaves }: { allocation: unknown; leaves: unknown }) {
  const at = 'status.reservedFor'
  if (after.length === 0) return []
  if (!allocation) return [forbiddenField(at, 'may not be specified when `allocated` is not set')]
  const isNew = (one: Spec) => !before.some((other) => equalJson(one, other))
  const why = 'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set'
  return leaves && after.some(isNew) ? [forbiddenField(at, why)] : []
}

function results(allocation: Spec | undefined, at: string, names: ReadonlySet<string>): FieldError[] {
  const { results: list = [], config = [] } = allocation?.devices ?? {}
  return [
    ...listErrors(list as Spec[], `${at}.results`, MOST_RESULTS, ({ request = '', ...device }, field) => [
      ...reference(request, `${field}.request`, names),
      ...deviceNames(device, field),
    ]),
    ...listErrors(config as Spec[], `${at}.config`, MOST_CONFIGS, (one, field) => [
      ...origin(one.source, `${field}.source`),
      ...references(one.requests, `${field}.requests`, names),
      ...configuration(one, field),
    ]),
  ]
}

const ORIGINS = ['FromClaim', 'FromClass']

function origin(source: string | undefined, at: string): FieldError[] {
  if (!source) return [required(at)]
  return ORIGINS.includes(source) ? [] : [notSupported(at, source, ORIGINS)]
}

const deviceNames = ({ driver, pool, device }: Spec, at: string): FieldError[] => [
  ...driverName(`${at}.driver`, driver),
  ...poolName(`${at}.pool`, pool),
  ...labelName(`${at}.device`, device),
]

/** All that Kubernetes shows of a device's name. */
const UNSHOWN = { Driver: {}, Pool: {}, Device: {}, ShareID: {} }

function deviceStatus(device: Spec, at: string, allocated: ReadonlySet<string>): FieldError[] {
  const { conditions = [], data, networkData: network } = device
  return [
    ...deviceNames(device, at),
    ...(allocated.has(idOf(device)) ? [] : [invalidValue(at, UNSHOWN, 'must be an allocated device in the claim')]),
    ...(conditions.length > MOST_CONDITIONS ? [tooMany(`${at}.conditions`, conditions.length, MOST_CONDITIONS)] : []),
    ...conditionErrors(conditions, `${at}.conditions`),
    ...(data === undefined ? [] : document(data, `${at}.data`)),
    ...(network ? networkErrors(network, `${at}.networkData`) : []),
  ]
}

const LENGTHS = { interfaceName: 256, hardwareAddress: 128 }
const MOST_ADDRESSES = 16

function networkErrors(network: Spec, at: string): FieldError[] {
  const { ips = [] } = network
  return [
    ...Object.entries(LENGTHS).flatMap(([field, most]) =>
      Buffer.byteLength(network[field] ?? '') > most ? [tooLong(`${at}.${field}`, most)] : [],
    ),
    ...setErrors(ips as string[], `${at}.ips`, MOST_ADDRESSES, { check: interfaceAddress, key: (address) => address }),
  ]
}
