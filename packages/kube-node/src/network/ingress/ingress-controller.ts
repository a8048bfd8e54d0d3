import { Controller, type Log, type Reconciler } from '@slipway/controller-runtime'
import { describeError } from '@slipway/errors'
import type { InformerSet, KubeClient, ObjectRef } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { updateStatus } from '../../controllers/status.ts'
import { createIfMissing } from '../../create-if-missing.ts'
import { INGRESS_CLASSES, INGRESSES, SERVICES } from '../../model/kinds.ts'
import type { Service } from '../../model/service.ts'
import { LOCAL_ADDRESS_ANNOTATION } from '../local-address.ts'
import type { ClusterPorts } from '../ports/cluster-ports.ts'
import { type Backend, backendsOf } from '../services/backends.ts'
import { Balancer } from '../services/balancer.ts'
import type { Address } from '../services/forwarder.ts'
import type { SliceIndex } from '../services/slice-index.ts'
import {
  INGRESS_CLASS,
  INGRESS_CONTROLLER,
  type Ingress,
  type IngressBackend,
  type IngressClass,
  isOurs,
} from './ingress.ts'
import { IngressRouter } from './ingress-router.ts'
import { IngressRoutes, type IngressTarget } from './routes.ts'
import { SecureContexts } from './secure-contexts.ts'

export interface IngressDeps {
  client: KubeClient
  informers: InformerSet
  slices: SliceIndex
  dial(backend: Backend): Address | undefined
  /** Of the cluster's addresses; absent = there is no cluster network. */
  ports?: ClusterPorts
  /** Port on 127.0.0.1. @default the one it had before, or a free one */
  port?: number
  log: Log
}

/** Serves Ingresses of our class, from the first one on. */
export class IngressController {
  readonly #deps: IngressDeps
  readonly #controller: Controller<Ingress>
  readonly #balancer = new Balancer()
  #router: Promise<{ router: IngressRouter; port: number | undefined }> | undefined
  #routes: IngressRoutes | undefined

  constructor(deps: IngressDeps) {
    this.#deps = deps
    const { client, informers, log } = deps
    this.#controller = new Controller<Ingress>({
      ...{ name: 'ingress-controller', client, informers, query: INGRESSES, status: 'own', always: true, log },
      reconciler: this.#reconciler(),
      watches: [{ query: INGRESS_CLASSES, map: () => this.#ingresses().map(({ metadata }) => metadata) }],
    })
  }

  async start(): Promise<void> {
    const { client, informers } = this.#deps
    await Promise.all([ensureClass(client), informers.for(INGRESS_CLASSES).start()])
    // Rules are sorted when the next request comes.
    informers.for<Ingress>(INGRESSES).on(() => this.#forget())
    informers.for(INGRESS_CLASSES).on(() => this.#forget())
    await this.#controller.start()
  }

  async stop(): Promise<void> {
    await this.#controller.stop()
    const open = await this.#router
    open?.router.close()
  }

  #forget(): void {
    this.#routes = undefined
  }

  #reconciler(): Reconciler<Ingress> {
    return {
      reconcile: async (ingress, context) => {
        if (ingress.metadata.deletionTimestamp || !isOurs(ingress, this.#classes())) {
          return { kind: 'ready', reason: 'Foreign', message: '' }
        }
        this.#router ??= this.#open()
        const { port } = await this.#router
        await updateStatus(ingress, { loadBalancer: { ingress: [this.#address(port)] } }, context)
        return { kind: 'ready', reason: 'Synced', message: '' }
      },
    }
  }

  #address(port: number | undefined): object {
    const { ports } = this.#deps
    if (ports) return { ip: ports.node }
    return { ip: '127.0.0.1', ...(port !== undefined && { ports: [{ port, protocol: 'TCP' }] }) }
  }

  async #open(): Promise<{ router: IngressRouter; port: number | undefined }> {
    const { client, ports, log } = this.#deps
    const read = (namespace: string, name: string) =>
      client.get<KubeObject>({ apiVersion: 'v1', kind: 'Secret', namespace, name })
    const router = new IngressRouter({
      routes: () => {
        this.#routes ??= new IngressRoutes(this.#ours())
        return this.#routes
      },
      certificates: new SecureContexts(() => this.#ours(), read),
      targets: (target, caller) => this.#targets(target, caller),
    })
    const wanted = this.#deps.port || this.#portBefore()
    const port = (await router.listen('127.0.0.1', wanted)) ?? (await router.listen('127.0.0.1', 0))
    log('info', `Ingresses are served at 127.0.0.1:${port}`)
    await this.#tell(`127.0.0.1:${port}`)
    if (ports) await Promise.all([80, 443].map((number) => this.#openPort(number, router, ports)))
    return { router, port }
  }

  async #openPort(port: number, router: IngressRouter, ports: ClusterPorts): Promise<void> {
    try {
      await ports.listen({ host: ports.node, port }, ['TCP'], async (at) => {
        const bound = await router.listen(at.host, at.port)
        return bound === undefined ? undefined : { port: bound }
      })
    } catch (error) {
      this.#deps.log('error', `Ingresses: ${describeError(error)}`)
    }
  }

  /** The class tells it; in older data folders each Ingress did. */
  #portBefore(): number {
    const told = [this.#class(), ...this.#ours()].find((object) => localAddressOf(object))
    return Number(localAddressOf(told)?.split(':')[1] ?? 0) || 0
  }

  #class(): IngressClass | undefined {
    return this.#deps.informers.for<IngressClass>(INGRESS_CLASSES).get({ name: INGRESS_CLASS })
  }

  #targets({ ingress, backend }: IngressTarget, caller: string): Address[] {
    const { informers, slices, dial } = this.#deps
    const { namespace = 'default' } = ingress.metadata
    const key = { namespace, name: backend.service?.name ?? '' }
    const service = informers.for<Service>(SERVICES).get(key)
    const port = service && portOf(service, backend)
    if (!service || !port) return []
    const backends = this.#balancer.order(service, backendsOf(slices.of(key), port), caller)
    return backends.flatMap((one) => dial(one) ?? [])
  }

  /** Our class tells the address, which is nobody else's; Ingresses that did in older data folders do so no more. */
  async #tell(address: string): Promise<void> {
    const before = localAddressOf(this.#class())
    if (before === address) return
    await this.#annotate({ ...INGRESS_CLASSES, name: INGRESS_CLASS }, address)
    const older = before === undefined ? this.#ours().filter(localAddressOf) : []
    for (const { metadata } of older) {
      const { name, namespace = 'default' } = metadata
      await this.#annotate({ ...INGRESSES, name, namespace }, null)
    }
  }

  async #annotate(ref: ObjectRef, address: string | null): Promise<void> {
    await this.#deps.client
      .patch(ref, 'merge', { metadata: { annotations: { [LOCAL_ADDRESS_ANNOTATION]: address } } })
      .catch((error: unknown) => this.#deps.log('error', `${ref.kind} ${ref.name}: ${describeError(error)}`))
  }

  #ingresses(): Ingress[] {
    return this.#deps.informers.for<Ingress>(INGRESSES).list()
  }

  #ours(): Ingress[] {
    const classes = this.#classes()
    return this.#ingresses().filter((ingress) => isOurs(ingress, classes))
  }

  #classes(): Set<string> {
    const classes = this.#deps.informers.for<IngressClass>(INGRESS_CLASSES).list()
    const ours = classes.filter(({ spec }) => spec.controller === INGRESS_CONTROLLER)
    return new Set([INGRESS_CLASS, ...ours.map(({ metadata }) => metadata.name)])
  }
}

const localAddressOf = (object: KubeObject | undefined): string | undefined =>
  object?.metadata.annotations?.[LOCAL_ADDRESS_ANNOTATION]

function portOf(
  { spec }: Service,
  { service }: IngressBackend,
): { name?: string; protocol?: 'TCP' | 'UDP' | 'SCTP' } | undefined {
  const { name, number } = service?.port ?? {}
  return (spec.ports ?? []).find((port) => (name ? port.name === name : port.port === number))
}

async function ensureClass(client: KubeClient): Promise<void> {
  await createIfMissing<IngressClass>(client, {
    ...INGRESS_CLASSES,
    metadata: { name: INGRESS_CLASS, annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } },
    spec: { controller: INGRESS_CONTROLLER },
  })
}
