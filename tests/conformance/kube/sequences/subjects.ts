import type { Random } from './random.ts'

type Json = Record<string, unknown>

/** A kind whose objects no controller touches, and makers of what is in them. */
export interface Subject {
  name: string
  apiVersion: string
  kind: string
  /** Below the namespace. */
  path: string
  custom?: boolean
  /** A valid object's content, metadata aside. */
  content(random: Random): Json
  /** A part of a content, for a patch. */
  part(random: Random): Json
}

const LETTERS = ['a', 'b', 'c']
const texts = (random: Random, values = ['1', '2']): Json =>
  Object.fromEntries(random.some(LETTERS).map((key) => [key, random.pick(values)]))

/** Now and then a value that is empty, or null: where Go's types and JSON differ. */
const orEmpty = <T>(random: Random, make: () => T, empty: unknown): unknown => {
  if (random.chance(0.06)) return null
  return random.chance(0.1) ? empty : make()
}

function container(random: Random, name: string): Json {
  return {
    name,
    ...random.fields(
      {
        image: () => random.pick(['x:1', 'x:2', 'x']),
        args: () => orEmpty(random, () => random.some(LETTERS), []),
        command: () => random.some(LETTERS),
        env: () => orEmpty(random, () => random.some(LETTERS).map((one) => env(random, one)), []),
        ports: () =>
          random.some([80, 81, 82], 2).map((containerPort) => ({
            containerPort,
            ...random.fields({ protocol: () => random.pick(['TCP', 'UDP']), name: () => `p${containerPort}` }, 0.4),
          })),
        resources: () =>
          orEmpty(random, () => random.fields({ limits: () => ({ cpu: random.pick(['1', '500m', '0.5']) }) }), {}),
        stdin: () => random.chance(0.5),
        securityContext: () =>
          random.fields({ privileged: () => random.chance(0.5), runAsUser: () => random.pick([0, 1]) }),
        livenessProbe: () => ({
          tcpSocket: { port: random.pick([80, 'web']) },
          ...random.fields({ periodSeconds: () => random.pick([5, 10]), failureThreshold: () => 3 }),
        }),
      },
      0.35,
    ),
  }
}

function initContainer(random: Random, name: string): Json {
  const { livenessProbe: _, ...rest } = container(random, name)
  return { image: 'x:1', ...rest }
}

const env = (random: Random, name: string): Json => ({
  name: name.toUpperCase(),
  ...(random.chance(0.7)
    ? random.fields({ value: () => random.pick(['', '1', '2']) }, 0.9)
    : { valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }),
})

function podSpec(random: Random): Json {
  return random.fields(
    {
      containers: () => random.some(LETTERS, 2).map((name) => container(random, name)),
      initContainers: () => random.some(['i', 'j'], 1).map((name) => initContainer(random, name)),
      nodeSelector: () => orEmpty(random, () => texts(random), {}),
      tolerations: () => random.some(LETTERS, 2).map((key) => ({ key, operator: 'Exists' })),
      hostAliases: () =>
        random.some(['192.0.2.1', '192.0.2.2'], 2).map((ip) => ({ ip, hostnames: random.some(['h', 'i', 'j'], 2) })),
      imagePullSecrets: () => random.some(LETTERS).map((name) => ({ name })),
      hostNetwork: () => false,
      terminationGracePeriodSeconds: () => random.pick([0, 30, 60]),
      serviceAccountName: () => random.pick(['', 'x', 'y']),
      securityContext: () => orEmpty(random, () => random.fields({ runAsUser: () => random.pick([0, 5]) }), {}),
      topologySpreadConstraints: () =>
        random.some(LETTERS, 2).map((topologyKey) => ({
          topologyKey,
          maxSkew: random.pick([1, 2]),
          whenUnsatisfiable: random.pick(['DoNotSchedule', 'ScheduleAnyway']),
          labelSelector: { matchLabels: { app: 'x' } },
        })),
      schedulingGates: () => random.some(LETTERS, 2).map((name) => ({ name })),
      volumes: () =>
        random.some(LETTERS, 2).map((name) => ({
          name,
          ...random.pick<Json>([{}, { emptyDir: {} }, { configMap: { name: 'm' } }, { secret: { secretName: 's' } }]),
        })),
    },
    0.35,
  )
}

const PODS: Subject = {
  name: 'PodTemplate',
  apiVersion: 'v1',
  kind: 'PodTemplate',
  path: 'podtemplates',
  content: (random) => {
    const spec = podSpec(random)
    const containers = (spec.containers as Json[] | undefined) ?? []
    const whole = containers.length > 0 ? containers : [{ name: 'a' }]
    return {
      template: {
        metadata: random.fields({ labels: () => texts(random), annotations: () => texts(random) }, 0.4),
        spec: { ...spec, containers: whole.map((one) => ({ image: 'x:1', ...one })) },
      },
    }
  },
  part: (random) => ({
    template: random.fields(
      {
        metadata: () => random.fields({ labels: () => orEmpty(random, () => texts(random), {}) }),
        spec: () => podSpec(random),
      },
      0.7,
    ),
  }),
}

const MAPS: Subject = {
  name: 'ConfigMap',
  apiVersion: 'v1',
  kind: 'ConfigMap',
  path: 'configmaps',
  content: (random) => random.fields({ data: () => orEmpty(random, () => texts(random), {}) }, 0.9),
  part: (random) => ({ data: { ...texts(random), ...(random.chance(0.3) && { [random.pick(LETTERS)]: null }) } }),
}

const ports = (random: Random): Json[] =>
  random.some([80, 81, 82], 2).map((port) => ({
    name: `p${port}`,
    port,
    ...random.fields(
      { protocol: () => random.pick(['TCP', 'UDP']), targetPort: () => random.pick([port, 8080, 'web']) },
      0.4,
    ),
  }))

const SERVICES: Subject = {
  name: 'Service',
  apiVersion: 'v1',
  kind: 'Service',
  path: 'services',
  content: (random) => ({
    spec: {
      clusterIP: 'None',
      // Without a selector the addresses would be of both families, where the cluster has them.
      selector: { ...texts(random), app: random.pick(['1', '2']) },
      ...random.fields({
        ports: () => ports(random),
        publishNotReadyAddresses: () => random.chance(0.5),
        externalIPs: () => random.some(['192.0.2.1', '192.0.2.2']),
      }),
    },
  }),
  part: (random) => ({
    spec: random.fields({ ports: () => ports(random), selector: () => texts(random) }, 0.8),
  }),
}

const GROUP = 'sequences.conformance.example'
export const WIDGETS_PATH = `/apis/${GROUP}/v1/widgets`

const widgetSpec = (random: Random): Json =>
  random.fields(
    {
      size: () => random.pick([0, 1, 2]),
      title: () => random.pick(['', 'x']),
      enabled: () => random.chance(0.5),
      maybe: () => random.pick([null, 'x']),
      set: () => random.some(LETTERS),
      atomic: () => random.some(LETTERS),
      plain: () => random.some(LETTERS),
      granular: () => orEmpty(random, () => texts(random), {}),
      whole: () => texts(random),
      items: () =>
        random.some(LETTERS).map((name) => ({
          name,
          zone: random.pick(['x', 'y']),
          ...random.fields({ weight: () => random.pick([0, 1]), tags: () => random.some(LETTERS) }),
        })),
      nested: () =>
        orEmpty(random, () => ({ deep: random.fields({ a: () => 1, b: () => random.pick(['x', 'y']) }) }), {}),
      free: () => ({ [random.pick(LETTERS)]: { list: random.some(LETTERS), x: random.pick([1, null]) } }),
      port: () => random.pick([80, 'web']),
    },
    0.35,
  )

const WIDGETS: Subject = {
  name: 'Widget',
  apiVersion: `${GROUP}/v1`,
  kind: 'Widget',
  path: 'widgets',
  custom: true,
  content: (random) => ({ spec: widgetSpec(random) }),
  part: (random) => ({ spec: widgetSpec(random) }),
}

const string = { type: 'string' }
const strings = { type: 'array', items: string }
const map = { type: 'object', additionalProperties: string }

/** Lists and maps of every kind that structured-merge-diff knows. */
export const WIDGET_DEFINITION = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `widgets.${GROUP}` },
  spec: {
    group: GROUP,
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: {
                  size: { type: 'integer', default: 1 },
                  title: string,
                  enabled: { type: 'boolean' },
                  maybe: { type: 'string', nullable: true },
                  set: { ...strings, 'x-kubernetes-list-type': 'set' },
                  atomic: { ...strings, 'x-kubernetes-list-type': 'atomic' },
                  plain: strings,
                  granular: map,
                  whole: { ...map, 'x-kubernetes-map-type': 'atomic' },
                  items: {
                    type: 'array',
                    'x-kubernetes-list-type': 'map',
                    'x-kubernetes-list-map-keys': ['name', 'zone'],
                    items: {
                      type: 'object',
                      required: ['name', 'zone'],
                      properties: {
                        name: string,
                        zone: string,
                        weight: { type: 'integer' },
                        tags: { ...strings, 'x-kubernetes-list-type': 'set' },
                      },
                    },
                  },
                  nested: {
                    type: 'object',
                    properties: { deep: { type: 'object', properties: { a: { type: 'integer' }, b: string } } },
                  },
                  free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
                  port: { 'x-kubernetes-int-or-string': true },
                },
              },
              status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
            },
          },
        },
      },
    ],
  },
}

export const SUBJECTS: Subject[] = [MAPS, PODS, SERVICES, WIDGETS]
