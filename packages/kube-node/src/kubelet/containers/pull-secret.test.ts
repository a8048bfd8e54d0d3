import { expect, it } from 'vitest'
import { credentialsFor } from '../../runtime/pull-credentials.ts'
import { pullSecretTexts } from './container-starter.ts'

const auths = { 'r.example': { username: 'u', password: 'p' } }
const encoded = (content: object): string => Buffer.from(JSON.stringify(content)).toString('base64')

it.each([
  ['.dockerconfigjson', { auths }, { username: 'u', password: 'p' }],
  ['.dockercfg', auths, { username: 'u', password: 'p' }],
  ['something', auths, undefined],
])('reads the credentials of a pull secret from %s', (field, content, expected) => {
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data: { [field]: encoded(content) } }

  expect(credentialsFor('r.example/a:1', pullSecretTexts(secret))).toEqual([expected])
})
