import { bytesField, doubleField, varintField } from '../protobuf/write-wire.ts'

/** Writes a value as a field of a message. */
type Field = (value: unknown) => Buffer

/**
 * An OpenAPI 2 document in the form kubectl reads where OpenAPI 3 says nothing of a kind: gnostic's
 * openapi.v2.Document (github.com/google/gnostic-models/openapiv2/OpenAPIv2.proto), of which everything is here that
 * a document of Kubernetes has.
 */
export function openApiV2Protobuf(document: unknown): Buffer {
  return DOCUMENT(document)
}

const texts = (number: number): Field => each((value) => bytesField(number, Buffer.from(String(value))))
const flags = (number: number): Field => each((value) => varintField(number, value ? 1 : 0))
const whole = (number: number): Field => each((value) => varintField(number, Number(value)))
const numbers = (number: number): Field => each((value) => doubleField(number, Number(value)))
const messages = (number: number, content: Field): Field => each((value) => bytesField(number, content(value)))
/** openapi.v2.Any: the value as YAML, which JSON is. */
const anything = (number: number): Field => each((value) => bytesField(number, anyOf(value)))
const anyOf = (value: unknown) => bytesField(2, Buffer.from(`${JSON.stringify(value)}\n`))

/** A list is its field again and again. */
function each(one: Field): Field {
  return (value) => (Array.isArray(value) ? Buffer.concat(value.map(one)) : one(value))
}

/** An object as a message; what begins with x- goes to the field of the extensions. */
function message(fields: Record<string, Field>, extensions?: number): Field {
  return (value) =>
    Buffer.concat(
      Object.entries(value as object).map(([key, content]) => {
        if (extensions && key.startsWith('x-')) return bytesField(extensions, named(key, bytesField(2, anyOf(content))))
        return fields[key]?.(content) ?? Buffer.alloc(0)
      }),
    )
}

/** An object whose keys are names: a list of pairs. */
function pairs(number: number, content: Field): Field {
  return (value) =>
    Buffer.concat(
      Object.entries(value as object).map(([name, one]) =>
        bytesField(number, named(name, bytesField(2, content(one)))),
      ),
    )
}

const named = (name: string, value: Buffer) => Buffer.concat([bytesField(1, Buffer.from(name)), value])

const isReference = (value: unknown) => typeof value === 'object' && value !== null && '$ref' in value

const REFERENCE = message({ $ref: texts(1), description: texts(2) })

const schema: Field = (value) => SCHEMA(value)

const SCHEMA = message(
  {
    $ref: texts(1),
    format: texts(2),
    title: texts(3),
    description: texts(4),
    default: (value) => bytesField(5, anyOf(value)),
    multipleOf: numbers(6),
    maximum: numbers(7),
    exclusiveMaximum: flags(8),
    minimum: numbers(9),
    exclusiveMinimum: flags(10),
    maxLength: whole(11),
    minLength: whole(12),
    pattern: texts(13),
    maxItems: whole(14),
    minItems: whole(15),
    uniqueItems: flags(16),
    maxProperties: whole(17),
    minProperties: whole(18),
    required: texts(19),
    enum: anything(20),
    additionalProperties: (value) =>
      bytesField(21, typeof value === 'boolean' ? flags(2)(value) : messages(1, schema)(value)),
    type: (value) => bytesField(22, texts(1)(value)),
    items: (value) => bytesField(23, messages(1, schema)(value)),
    allOf: messages(24, schema),
    properties: messages(25, pairs(1, schema)),
    discriminator: texts(26),
    readOnly: flags(27),
    externalDocs: messages(29, message({ description: texts(1), url: texts(2) })),
    example: anything(30),
  },
  31,
)

const BODY = message(
  { description: texts(1), name: texts(2), in: texts(3), required: flags(4), schema: messages(5, schema) },
  6,
)
/** A parameter in the query: the others have one field less, `allowEmptyValue`, and so the following numbers one less. */
const QUERY = message(
  {
    required: flags(1),
    in: texts(2),
    description: texts(3),
    name: texts(4),
    type: texts(6),
    format: texts(7),
    uniqueItems: flags(20),
  },
  23,
)
const ELSEWHERE = message(
  {
    required: flags(1),
    in: texts(2),
    description: texts(3),
    name: texts(4),
    type: texts(5),
    format: texts(6),
    uniqueItems: flags(19),
  },
  22,
)

const PLACES: Record<string, Field> = {
  header: messages(1, ELSEWHERE),
  query: messages(3, QUERY),
  path: messages(4, ELSEWHERE),
}

const parameter: Field = (value) => {
  const place = (value as { in: string }).in
  return place === 'body' ? bytesField(1, BODY(value)) : bytesField(2, PLACES[place]?.(value) ?? Buffer.alloc(0))
}

const parameters = (number: number) =>
  messages(number, (value) => (isReference(value) ? bytesField(2, REFERENCE(value)) : bytesField(1, parameter(value))))

const RESPONSE = message({ description: texts(1), schema: messages(2, messages(1, schema)) }, 5)

const SECURITY = messages(12, pairs(1, texts(1)))

const OPERATION = message(
  {
    tags: texts(1),
    summary: texts(2),
    description: texts(3),
    operationId: texts(5),
    produces: texts(6),
    consumes: texts(7),
    parameters: parameters(8),
    responses: messages(9, pairs(1, messages(1, RESPONSE))),
    schemes: texts(10),
    deprecated: flags(11),
    security: SECURITY,
  },
  13,
)

const PATH = message(
  {
    get: messages(2, OPERATION),
    put: messages(3, OPERATION),
    post: messages(4, OPERATION),
    delete: messages(5, OPERATION),
    options: messages(6, OPERATION),
    head: messages(7, OPERATION),
    patch: messages(8, OPERATION),
    parameters: parameters(9),
  },
  10,
)

const API_KEY = message({ type: texts(1), name: texts(2), in: texts(3), description: texts(4) })

const DOCUMENT = message(
  {
    swagger: texts(1),
    info: messages(2, message({ title: texts(1), version: texts(2), description: texts(3) })),
    paths: messages(8, pairs(2, PATH)),
    definitions: messages(9, pairs(1, schema)),
    parameters: messages(10, pairs(1, parameter)),
    security: SECURITY,
    securityDefinitions: messages(13, pairs(1, messages(2, API_KEY))),
  },
  16,
)
