import type { Environment } from '@marcbachmann/cel-js'
import { labelNameErrors, subdomainNameErrors } from '@slipway/kube-objects'
import type { AccessAttributes, Authorizer as Authorize } from '../../access/authorize.ts'
import type { User } from '../../api/request.ts'

type Checked = Omit<AccessAttributes, 'user' | 'verb'>

/** What `authorizer` is in an expression: it tells what somebody may do. */
export class Authorizer {
  readonly #user: User
  readonly #authorize: Authorize
  /** What the request itself is about; only the one who sent it has that. */
  readonly requestResource: ResourceCheck | undefined

  constructor(user: User, authorize: Authorize, resource?: Checked) {
    this.#user = user
    this.#authorize = authorize
    this.requestResource = resource && this.resource(resource)
  }

  path(path: string): PathCheck {
    if (path.trim() === '') throw new Error('path must not be empty')
    return new PathCheck((verb) => this.#authorize({ user: this.#user, verb, path }))
  }

  group(group: string): GroupCheck {
    return new GroupCheck(this, group)
  }

  resource(checked: Checked): ResourceCheck {
    return new ResourceCheck(checked, (verb, what) => this.#authorize({ ...what, user: this.#user, verb }))
  }

  serviceAccount(namespace: string, name: string): Authorizer {
    if (subdomainNameErrors(name).length > 0) throw new Error('Invalid service account name')
    if (labelNameErrors(namespace).length > 0) throw new Error('Invalid service account namespace')
    const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`]
    return new Authorizer({ name: `system:serviceaccount:${namespace}:${name}`, groups }, this.#authorize)
  }
}

class PathCheck {
  readonly check: (verb: string) => Decision

  constructor(allows: (verb: string) => boolean) {
    this.check = (verb) => new Decision(allows(verb))
  }
}

class GroupCheck {
  readonly resource: (resource: string) => ResourceCheck

  constructor(authorizer: Authorizer, group: string) {
    this.resource = (resource) => {
      if (resource.trim() === '') throw new Error('resource must not be empty')
      return authorizer.resource({ group, resource })
    }
  }
}

/** A check of a resource, which can be narrowed step by step. */
class ResourceCheck {
  readonly check: (verb: string) => Decision
  readonly with: (part: Checked) => ResourceCheck

  constructor(checked: Checked, allows: (verb: string, checked: Checked) => boolean) {
    this.check = (verb) => new Decision(allows(verb, checked))
    this.with = (part) => new ResourceCheck({ ...checked, ...part }, allows)
  }
}

class Decision {
  readonly allowed: boolean

  constructor(allowed: boolean) {
    this.allowed = allowed
  }
}

const type = (name: string): string => `kubernetes.authorization.${name}`

/** apiserver's cel/library/authz.go. Roles say nothing of fields and labels, so what a selector leaves is judged as the whole. */
export function addAuthorization(env: Environment): void {
  const [check, decision] = [type('ResourceCheck'), type('Decision')]
  env.registerType(check, { ctor: ResourceCheck, fields: {} })
  env.registerType(type('Authorizer'), { ctor: Authorizer, fields: { requestResource: check } })
  env.registerType(type('PathCheck'), { ctor: PathCheck, fields: {} })
  env.registerType(type('GroupCheck'), { ctor: GroupCheck, fields: {} })
  env.registerType(decision, { ctor: Decision, fields: {} })
  const of = (owner: string, signature: string, run: (...values: never[]) => unknown) =>
    env.registerFunction(`${type(owner)}.${signature}`, run)
  of('Authorizer', `path(string): ${type('PathCheck')}`, (one: Authorizer, path: string) => one.path(path))
  of('Authorizer', `group(string): ${type('GroupCheck')}`, (one: Authorizer, group: string) => one.group(group))
  of(
    'Authorizer',
    `serviceAccount(string, string): ${type('Authorizer')}`,
    (one: Authorizer, namespace: string, name: string) => one.serviceAccount(namespace, name),
  )
  of('GroupCheck', `resource(string): ${check}`, (one: GroupCheck, resource: string) => one.resource(resource))
  for (const part of ['subresource', 'namespace', 'name']) {
    of('ResourceCheck', `${part}(string): ${check}`, (one: ResourceCheck, value: string) => one.with({ [part]: value }))
  }
  for (const selector of ['fieldSelector', 'labelSelector']) {
    of('ResourceCheck', `${selector}(string): ${check}`, (one: ResourceCheck) => one)
  }
  for (const owner of ['PathCheck', 'ResourceCheck']) {
    of(owner, `check(string): ${decision}`, (one: PathCheck | ResourceCheck, verb: string) => one.check(verb))
  }
  of('Decision', 'allowed(): bool', ({ allowed }: Decision) => allowed)
  of('Decision', 'errored(): bool', () => false)
  of('Decision', 'error(): string', () => '')
  of('Decision', 'reason(): string', () => '')
}
