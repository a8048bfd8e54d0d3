// biome-ignore lint/suspicious/noExplicitAny: specs of any kind, whose structure the schema has checked.
export type Spec = Record<string, any>

/** Sets fields that are absent. */
export function fill(object: Spec, defaults: Spec): void {
  for (const field in defaults) if (object[field] === undefined) object[field] = defaults[field]
}
