import type { KeyObject } from 'node:crypto'
import { UserError } from '@slipway/errors'
import type { KubeObject } from '@slipway/kube-objects'
import type { Reference } from '@slipway/oci-format'
import { readPublicKey } from '@slipway/registry-client'
import picomatch from 'picomatch'

/** The data of a Secret by its name, as texts; undefined when there is none. */
export type SecretSource = (name: string) => Record<string, string> | undefined

export interface ImagePolicy {
  name: string
  mode: 'enforce' | 'warn'
  /** One of them is enough. */
  authorities: Authority[]
}

export interface Authority {
  name: string
  /** Any of these keys may have signed; or the authority says yes or no without a signature. */
  trust: KeyObject[] | 'pass' | 'fail'
}

type Fields = Record<string, unknown>

/** Whether a policy is about an image: its globs are compared with the name, alone, with its tag, and with its digest. */
export function covers({ spec }: KubeObject, { host, repository, tag, digest }: Reference): boolean {
  const hosts = host === 'docker.io' ? ['docker.io', 'index.docker.io'] : [host]
  const names = hosts.flatMap((name) => {
    const base = `${name}/${repository}`
    return [
      base,
      ...(tag === undefined ? [] : [`${base}:${tag}`]),
      ...(digest === undefined ? [] : [`${base}@${digest}`]),
    ]
  })
  const globs = ((spec?.images ?? []) as { glob?: unknown }[]).map(({ glob }) => picomatch(String(glob), { dot: true }))
  return names.some((name) => globs.some((fits) => fits(name)))
}

/** Throws UserError IMAGE_POLICY_INVALID, PUBLIC_KEY_INVALID for an object that can't be followed to the letter. */
export function readPolicy({ metadata, spec = {} }: KubeObject, secrets: SecretSource): ImagePolicy {
  refuseUnknown(spec, ['mode', 'images', 'authorities'], 'spec')
  const authorities = (spec.authorities as Fields[]).map((authority, index) => readAuthority(authority, index, secrets))
  return { name: metadata.name, mode: spec.mode === 'warn' ? 'warn' : 'enforce', authorities }
}

function readAuthority(authority: Fields, index: number, secrets: SecretSource): Authority {
  const at = `spec.authorities[${index}]`
  refuseUnknown(authority, ['name', 'key', 'static'], at)
  const name = typeof authority.name === 'string' ? authority.name : `authority-${index}`
  if (authority.static !== undefined) return { name, trust: readStatic(authority.static as Fields, `${at}.static`) }
  const key = authority.key as Fields | undefined
  if (!key) throw invalid(`${at} has neither key nor static`)
  refuseUnknown(key, ['data', 'secretRef', 'hashAlgorithm'], `${at}.key`)
  const hash = key.hashAlgorithm
  if (hash !== undefined && hash !== 'sha256') throw invalid(`${at}.key.hashAlgorithm ${String(hash)} is not supported`)
  if (typeof key.data === 'string') return { name, trust: [readPublicKey(key.data, `${at}.key.data`)] }
  const secret = String((key.secretRef as Fields | undefined)?.name ?? '')
  if (secret === '') throw invalid(`${at}.key has neither data nor secretRef`)
  return { name, trust: keysOf(secret, secrets(secret)) }
}

function readStatic(value: Fields, at: string): 'pass' | 'fail' {
  refuseUnknown(value, ['action', 'message'], at)
  if (value.action !== 'pass' && value.action !== 'fail') throw invalid(`${at}.action must be pass or fail`)
  return value.action
}

/** Secrets that `cosign generate-key-pair k8s://…` makes hold the private key too; the public ones end in .pub, as for Flux. */
function keysOf(name: string, data: Record<string, string> | undefined): KeyObject[] {
  if (!data) throw invalid(`there is no Secret ${name}`)
  const keys = Object.entries(data).filter(([key]) => key.endsWith('.pub'))
  if (keys.length === 0) throw invalid(`the Secret ${name} has no key that ends in .pub`)
  return keys.map(([key, pem]) => readPublicKey(pem, `${key} of the Secret ${name}`))
}

function refuseUnknown(value: Fields, known: string[], at: string): void {
  const unknown = Object.keys(value).find((key) => !known.includes(key))
  if (unknown !== undefined) throw invalid(`${at}.${unknown} is not supported`)
}

function invalid(message: string): UserError {
  return new UserError('IMAGE_POLICY_INVALID', message, {
    hint: 'supported are key.data, key.secretRef and static; keyless signatures need services that are not asked from here',
  })
}
