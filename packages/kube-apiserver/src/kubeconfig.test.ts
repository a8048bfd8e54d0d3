import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { parse } from '@slipway/go-yaml'
import { expect, it } from 'vitest'
import { kubeconfigFor } from './kubeconfig.ts'

it('says of the key in it that it is one of an elliptic curve', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string

  const text = kubeconfigFor({ server: 'https://127.0.0.1:1', ca: 'CA', client: { cert: 'C', key } })

  const { users } = parse(text) as { users: { user: Record<string, string> }[] }
  const written = Buffer.from(users[0]?.user['client-key-data'] ?? '', 'base64').toString()
  expect(written).toMatch(/^-----BEGIN EC PRIVATE KEY-----\n/)
  expect(createPrivateKey(written).equals(privateKey)).toBe(true)
})
