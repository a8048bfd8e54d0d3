import type { Container, EnvVar, Pod } from '../../model/pod.ts'
import type { ConfigurationReader } from './configuration-reader.ts'
import { fieldText, type PodPlace, resourceText } from './downward.ts'
import { expandVariables } from './expand.ts'

export interface EnvironmentSources {
  configuration: ConfigurationReader
  place: PodPlace
  /** Variables that tell where Services are. */
  links: ReadonlyMap<string, string>
}

/**
 * The environment of a container: where Services are, then `envFrom`, then `env`, whose values may use `$(NAME)` of what came
 * before.
 */
export async function containerEnvironment(
  pod: Pod,
  container: Container,
  { configuration, place, links }: EnvironmentSources,
): Promise<Map<string, string>> {
  const env = new Map(links)
  for (const source of container.envFrom ?? []) {
    const ref = source.configMapRef ?? source.secretRef
    if (!ref) continue
    const texts = await configuration.texts(source.configMapRef ? 'ConfigMap' : 'Secret', ref.name, ref.optional)
    for (const [key, value] of texts ?? []) env.set(`${source.prefix ?? ''}${key}`, value)
  }
  const valueFor = async ({ value, valueFrom }: EnvVar): Promise<string | undefined> => {
    if (!valueFrom) return expandVariables(value ?? '', env)
    if (valueFrom.configMapKeyRef) return configuration.value('ConfigMap', valueFrom.configMapKeyRef)
    if (valueFrom.secretKeyRef) return configuration.value('Secret', valueFrom.secretKeyRef)
    if (valueFrom.fieldRef) return fieldText(pod, valueFrom.fieldRef.fieldPath, place)
    return valueFrom.resourceFieldRef ? resourceText(pod, valueFrom.resourceFieldRef, { container, place }) : ''
  }
  for (const variable of container.env ?? []) {
    const value = await valueFor(variable)
    if (value !== undefined) env.set(variable.name, value)
  }
  return env
}
