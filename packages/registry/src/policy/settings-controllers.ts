import { Controller, type Log } from '@slipway/controller-runtime'
import type { Change, InformerSet, KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { readSettings, readSettingsObject, SETTINGS_KINDS } from './read-settings.ts'
import type { SecretSource } from './readers.ts'
import { NO_SETTINGS, type RegistrySettings } from './settings.ts'

export interface SettingsControllersDeps {
  client: KubeClient
  informers: InformerSet
  log?: Log
}

export interface SettingsControllers {
  controllers: Controller[]
  /** As the objects want it by now. */
  settings: () => RegistrySettings
}

/** The settings of a registry from the objects of one namespace. Each object is told whether it counts, in its Ready condition. */
export function settingsControllers(
  { client, informers, log }: SettingsControllersDeps,
  { namespace }: { namespace: string },
): SettingsControllers {
  const secretObjects = informers.for({ apiVersion: 'v1', kind: 'Secret', namespace })
  const objects = SETTINGS_KINDS.map((kind) => informers.for({ ...kind, namespace }))
  const secrets: SecretSource = (name) => {
    const secret = secretObjects.get({ namespace, name })
    return secret && decode(secret)
  }
  // Requests are answered from what the informers hold, not from what has been reconciled already.
  let settings: RegistrySettings | undefined = NO_SETTINGS
  const forget = (): void => {
    settings = undefined
  }
  for (const informer of [secretObjects, ...objects]) informer.on(forget)
  const controllers = SETTINGS_KINDS.map((kind, index) => {
    const query = { ...kind, namespace }
    return new Controller({
      name: 'registry',
      client,
      informers,
      query,
      watches: [
        {
          query: secretObjects.query,
          map: ({ object }: Change<KubeObject>) =>
            (objects[index]?.list() ?? [])
              .filter((candidate) => names(candidate, object))
              .map(({ metadata }) => metadata),
        },
      ],
      reconciler: {
        async reconcile(object) {
          readSettingsObject(object, secrets)
          return { kind: 'ready', reason: 'Accepted', message: 'the registry goes by it' }
        },
      },
      ...(log && { log }),
    })
  })
  return {
    controllers,
    settings: () => {
      settings ??= readSettings(
        objects.flatMap((informer) => informer.list()),
        secrets,
      ).settings
      return settings
    },
  }
}

/** Whether an object speaks of a Secret, wherever in its spec. */
function names({ spec }: KubeObject, { metadata }: KubeObject): boolean {
  return JSON.stringify(spec).includes(JSON.stringify(metadata.name))
}

function decode({ data = {} }: KubeObject): Record<string, string> {
  const entries = Object.entries(data as Record<string, string>)
  return Object.fromEntries(entries.map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]))
}
