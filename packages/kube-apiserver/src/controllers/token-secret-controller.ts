import { equalJson, type KubeObject } from '@slipway/kube-objects'
import type { TokenIssuer } from '../access/service-account-tokens.ts'
import type { Resource } from '../registry/resource.ts'
import { remove } from '../rest/delete.ts'
import { viewEntry } from '../storage/codec.ts'
import { prefixOf } from '../storage/keys.ts'
import type { Address } from '../storage/object-service.ts'
import { managerWrite } from '../storage/write-options.ts'
import { type ControllerDeps, parseKey, type ServerController } from './controller.ts'
import { WorkQueue } from './work-queue.ts'

const TYPE = 'kubernetes.io/service-account-token'
const ACCOUNT = 'kubernetes.io/service-account.name'
const ACCOUNT_UID = 'kubernetes.io/service-account.uid'

/** Such a token has no end but that of its Secret and its account; an end that nobody sees is as good. */
const HUNDRED_YEARS = 100 * 365 * 24 * 60 * 60

/** Writes tokens into the Secrets that ask for one of a ServiceAccount, and deletes those whose account is gone. */
export function tokenSecretController(
  deps: ControllerDeps & { issuer: TokenIssuer; rootCa: string | undefined },
): ServerController {
  const { objects, registry, onError, issuer, rootCa } = deps
  const [secrets, accounts] = ['secrets', 'serviceaccounts'].map((plural) => registry.storedType('', plural)) as [
    Resource,
    Resource,
  ]
  const queue = new WorkQueue(reconcile, onError)
  const stops: (() => void)[] = []

  async function reconcile(key: string): Promise<void> {
    const entry = objects.store.get(key)
    const address = entry && parseKey(key, registry)
    const secret = entry && viewEntry(entry)
    if (!address || secret?.type !== TYPE || secret.metadata.deletionTimestamp) return
    const account = accountOf(secret)
    if (account) await fill(address, account)
    else await remove(objects, address, { preconditions: { uid: secret.metadata.uid ?? '' } }, managerWrite)
  }

  function accountOf({ metadata }: Readonly<KubeObject>): Readonly<KubeObject> | undefined {
    const { annotations = {}, namespace } = metadata
    const account = objects.find({ resource: accounts, namespace, name: annotations[ACCOUNT] ?? '' })
    const uid = annotations[ACCOUNT_UID] ?? account?.metadata.uid
    return account?.metadata.uid === uid ? account : undefined
  }

  async function fill(address: Address, { metadata }: Readonly<KubeObject>): Promise<void> {
    const { name, uid = '' } = metadata
    await objects.update(
      address,
      (secret) => {
        if (!secret) return undefined
        const data = { ...secret.data, ...(rootCa && { 'ca.crt': encode(rootCa) }) }
        data.namespace ??= encode(address.namespace ?? '')
        data.token ??= encode(tokenFor(secret, { name, uid }))
        if (equalJson(data, secret.data ?? {})) return undefined
        const annotations = { ...secret.metadata.annotations, [ACCOUNT_UID]: uid }
        return { ...secret, metadata: { ...secret.metadata, annotations }, data }
      },
      managerWrite,
    )
  }

  function tokenFor({ metadata }: KubeObject, serviceaccount: { name: string; uid: string }): string {
    const { name, namespace = '', uid = '' } = metadata
    const binding = { namespace, serviceaccount, secret: { name, uid } }
    return issuer.issue({ binding, audiences: [], seconds: HUNDRED_YEARS }).token
  }

  function look({ key, value }: { key: string; value: string }): void {
    if (value.includes(`"${TYPE}"`)) queue.add(key)
  }

  return {
    start() {
      for (const entry of objects.store.list(prefixOf(secrets)).entries) look(entry)
      const from = objects.store.revision()
      stops.push(
        objects.store.watch(prefixOf(secrets), from, ({ type, entry }) => type === 'put' && look(entry)),
        objects.store.watch(prefixOf(accounts), from, ({ type, key }) => {
          const namespace = type === 'delete' ? parseKey(key, registry)?.namespace : undefined
          if (!namespace) return
          for (const entry of objects.store.list(prefixOf(secrets, namespace)).entries) look(entry)
        }),
      )
    },
    async stop() {
      for (const stop of stops) stop()
      await queue.stop()
    },
  }
}

const encode = (text: string): string => Buffer.from(text).toString('base64')
