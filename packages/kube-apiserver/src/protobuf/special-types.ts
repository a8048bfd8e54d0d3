import { readFields } from './wire.ts'

type Schema = (bytes: Uint8Array) => unknown

/** Types whose JSON form is not that of their fields. Undefined = the zero that JSON leaves out. */
export function decodeSpecial(bytes: Uint8Array, type: string, schema: Schema): unknown {
  const fields = [...readFields(bytes)]
  const bytesOf = (number: number) => fields.find((field) => field.number === number)?.value as Uint8Array | undefined
  const numberOf = (number: number) =>
    Number((fields.find((field) => field.number === number)?.value as bigint | undefined) ?? 0n)
  const textOf = (number: number) => Buffer.from(bytesOf(number) ?? []).toString('utf8')
  const all = (number: number) =>
    fields.filter((field) => field.number === number).map(({ value }) => value as Uint8Array)
  switch (type) {
    case '@time':
      return fields.length === 0 ? undefined : timeText(numberOf(1), numberOf(2))
    case '@quantity':
      return textOf(1)
    case '@intstr':
      return numberOf(1) === 0 ? numberOf(2) : textOf(3)
    case '@duration':
      return `${numberOf(1) / 1e9}s`
    case '@json':
      return bytesOf(1)?.length ? JSON.parse(textOf(1)) : undefined
    case '@items':
      return all(1).map((value) => Buffer.from(value).toString('utf8'))
    case '@schemaOrBool':
      return bytesOf(2) ? schema(bytesOf(2) as Uint8Array) : numberOf(1) !== 0
    case '@schemaOrArray':
      return bytesOf(1) ? schema(bytesOf(1) as Uint8Array) : all(2).map(schema)
    case '@schemaOrStrings':
      return bytesOf(1) ? schema(bytesOf(1) as Uint8Array) : all(2).map((value) => Buffer.from(value).toString('utf8'))
    default:
      throw new Error(`the tables have a type ${type} that no code reads`)
  }
}

/** With the six digits that a metav1.MicroTime must have; of a metav1.Time, which looks alike here, they are not kept. */
function timeText(seconds: number, nanos: number): string {
  const text = new Date(seconds * 1000).toISOString().slice(0, 19)
  return `${text}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z`
}
