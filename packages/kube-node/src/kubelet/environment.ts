import type { Container, EnvVar, Pod } from '../types.ts'
import type { ConfigurationReader } from './configuration.ts'
import { fieldText, type PodPlace, resourceText } from './downward.ts'

/** The environment of a container: `envFrom`, then `env`, whose values may use `$(NAME)` of what came before. */
export async function containerEnvironment(
  pod: Pod,
  container: Container,
  { configuration, place }: { configuration: ConfigurationReader; place: PodPlace },
): Promise<Map<string, string>> {
  const env = new Map<string, string>()
  for (const source of container.envFrom ?? []) {
    const ref = source.configMapRef ?? source.secretRef
    if (!ref) continue
    const data = await configuration.data(source.configMapRef ? 'ConfigMap' : 'Secret', ref.name, ref.optional)
    for (const [key, value] of data ?? []) env.set(`${source.prefix ?? ''}${key}`, value.toString('utf8'))
  }
  const valueFor = async ({ value, valueFrom }: EnvVar): Promise<string | undefined> => {
    if (!valueFrom) return expandVariables(value ?? '', env)
    if (valueFrom.configMapKeyRef) return configuration.value('ConfigMap', valueFrom.configMapKeyRef)
    if (valueFrom.secretKeyRef) return configuration.value('Secret', valueFrom.secretKeyRef)
    if (valueFrom.fieldRef) return fieldText(pod, valueFrom.fieldRef.fieldPath, place)
    return valueFrom.resourceFieldRef ? resourceText(pod, container, valueFrom.resourceFieldRef) : ''
  }
  for (const variable of container.env ?? []) {
    const value = await valueFor(variable)
    if (value !== undefined) env.set(variable.name, value)
  }
  return env
}

/** `$(NAME)` becomes the value, `$$` a dollar; an unknown name stays as it is written (third_party/forked/golang/expansion). */
export function expandVariables(text: string, values: ReadonlyMap<string, string>): string {
  return text.replaceAll(/\$(\$|\(([^)]*)\))/g, (whole, rest: string, name: string) =>
    rest === '$' ? '$' : (values.get(name) ?? whole),
  )
}
