/** metav1.Status, what every failure of the API is answered with. */
export interface Status {
  kind: 'Status'
  apiVersion: 'v1'
  metadata: Record<string, unknown>
  status: 'Success' | 'Failure'
  message?: string
  reason?: string
  details?: StatusDetails
  code?: number
}

export interface StatusDetails {
  name?: string
  group?: string
  kind?: string
  uid?: string
  causes?: StatusCause[]
  retryAfterSeconds?: number
}

export interface StatusCause {
  reason?: string
  message?: string
  field?: string
}

/** A type of objects in messages: `deployments.apps`. */
export interface ResourceName {
  group: string
  plural: string
}

/** A request that is answered with a failure Status; reasons, codes and words are those of apimachinery's `errors` package. */
export class StatusError extends Error {
  readonly status: Status

  constructor(code: number, reason: string, message: string, details?: StatusDetails) {
    super(message)
    this.name = 'StatusError'
    this.status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      ...(reason && { reason }),
      ...(details && { details }),
      code,
    }
  }
}

/** `deployments.apps`, or `pods` for the core group. */
export function qualified(resource: ResourceName): string {
  return resource.group ? `${resource.plural}.${resource.group}` : resource.plural
}

function detailsOf(resource: ResourceName, name?: string): StatusDetails {
  return {
    ...(name && { name }),
    ...(resource.group && { group: resource.group }),
    kind: resource.plural,
  }
}

export function notFound(resource: ResourceName, name: string): StatusError {
  return new StatusError(404, 'NotFound', `${qualified(resource)} "${name}" not found`, detailsOf(resource, name))
}

/** The answer to a path that no resource serves. */
export function noSuchPath(): StatusError {
  return new StatusError(404, 'NotFound', 'the server could not find the requested resource', {})
}

/** What Kubernetes answers with a text, as Go's own server does, and not with a Status. */
export class PlainError extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.name = 'PlainError'
    this.code = code
  }
}

/** The answer to a path below which nothing is served. */
export function notServed(): PlainError {
  return new PlainError(404, '404 page not found')
}

/** `goes`: whoever has the name is being deleted; `generated`: the object has a generateName, so that it may be tried again. */
export function alreadyExists(
  resource: ResourceName,
  name: string,
  { goes = false, generated = false }: { goes?: boolean; generated?: boolean } = {},
): StatusError {
  const why = generated ? ', the server was not able to generate a unique name for the object' : ''
  const message = `${goes ? 'object is being deleted: ' : ''}${qualified(resource)} "${name}" already exists${why}`
  const details = { ...detailsOf(resource, name), ...(generated && { retryAfterSeconds: 1 }) }
  return new StatusError(409, 'AlreadyExists', message, details)
}

export function conflict(resource: ResourceName, name: string, why: string): StatusError {
  const message = `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`
  return new StatusError(409, 'Conflict', message, detailsOf(resource, name))
}

/** The object that the caller read has moved on. */
export function staleObject(resource: ResourceName, name: string): StatusError {
  return conflict(
    resource,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  )
}

/** One finding of validation. `type` is a field.ErrorType's reason, such as `FieldValueRequired`. */
export interface FieldError {
  reason:
    | 'FieldValueRequired'
    | 'FieldValueInvalid'
    | 'FieldValueForbidden'
    | 'FieldValueDuplicate'
    | 'FieldValueNotSupported'
    | 'FieldValueTypeInvalid'
    | 'FieldValueTooLong'
    | 'FieldValueTooMany'
    | 'FieldValueNotFound'
    | 'InternalError'
  field: string
  /** With the words of field.Error, such as `Required value: …`. */
  message: string
}

export function invalid(kind: { group: string; kind: string }, name: string, errors: FieldError[]): StatusError {
  const label = kind.group ? `${kind.kind}.${kind.group}` : kind.kind
  const texts = [...new Set(errors.map((error) => `${error.field}: ${error.message}`))]
  const list = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`
  return new StatusError(422, 'Invalid', `${label} "${name}" is invalid: ${list}`, {
    ...(name && { name }),
    ...(kind.group && { group: kind.group }),
    ...(kind.kind && { kind: kind.kind }),
    causes: errors.map(({ reason, message, field }) => ({ reason, message, field })),
  })
}

export function badRequest(message: string): StatusError {
  return new StatusError(400, 'BadRequest', message)
}

export function unauthorized(): StatusError {
  return new StatusError(401, 'Unauthorized', 'Unauthorized')
}

export function forbidden(resource: ResourceName, name: string, why: string): StatusError {
  const object = name ? `${qualified(resource)} "${name}"` : qualified(resource)
  return new StatusError(403, 'Forbidden', `${object} is forbidden: ${why}`, detailsOf(resource, name))
}

export function methodNotSupported(resource: ResourceName | undefined, verb: string): StatusError {
  return new StatusError(
    405,
    'MethodNotAllowed',
    resource
      ? `${verb} is not supported on resources of kind "${qualified(resource)}"`
      : 'the server does not allow this method on the requested resource',
    resource ? detailsOf(resource) : {},
  )
}

/** None of the forms that the client accepts is among those of the objects. */
export function notAcceptable(accepted: string[]): StatusError {
  return new StatusError(406, 'NotAcceptable', `only the following media types are accepted: ${accepted.join(', ')}`)
}

export function unsupportedMediaType(accepted: string[]): StatusError {
  return new StatusError(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  )
}

/** The history that a list or watch asked for is compacted. */
export function expired(message: string): StatusError {
  return new StatusError(410, 'Expired', message)
}

export function tooLarge(limit: number): StatusError {
  return new StatusError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${limit}`)
}

export function tooManyRequests(message: string, details: StatusDetails): StatusError {
  return new StatusError(429, 'TooManyRequests', message, details)
}

export function serviceUnavailable(message: string): StatusError {
  return new StatusError(503, 'ServiceUnavailable', message)
}

export function internalError(message: string): StatusError {
  const text = `Internal error occurred: ${message}`
  return new StatusError(500, 'InternalError', text, { causes: [{ message }] })
}

/** A success Status, as a delete answers. */
export function success(details?: StatusDetails): Status {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', ...(details && { details }) }
}
