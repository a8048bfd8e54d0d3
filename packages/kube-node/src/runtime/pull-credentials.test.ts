import { describe, expect, it } from 'vitest'
import { credentialsFor, registryHost } from './pull-credentials.ts'

const secret = (auths: object): string => JSON.stringify({ auths })
const encoded = Buffer.from('me:pass:word').toString('base64')
const ME = { username: 'me', password: 'pass:word' }

describe('credentialsFor', () => {
  it.each([
    ['a plain host', 'r.example/a:1', { 'r.example': { auth: encoded } }, ME],
    [
      'a URL',
      'r.example/a:1',
      { 'https://r.example/v1/': { username: 'u', password: 'p' } },
      { username: 'u', password: 'p' },
    ],
    [
      'Docker Hub',
      'a:1',
      { 'https://index.docker.io/v1/': { username: 'u', password: 'p' } },
      { username: 'u', password: 'p' },
    ],
    ['a part of a registry', 'r.example/team/a:1', { 'r.example/team': { auth: encoded } }, ME],
    ['a part of a registry by its API', 'r.example/team/a:1', { 'https://r.example/v2/team': { auth: encoded } }, ME],
    ['another part', 'r.example/team/a:1', { 'r.example/other': { auth: encoded } }, undefined],
    ['hosts of a kind', 'a.r.example/a:1', { '*.r.example': { auth: encoded } }, ME],
    ['no deeper host', 'a.b.r.example/a:1', { '*.r.example': { auth: encoded } }, undefined],
    ['no other port', 'a.r.example:5000/a:1', { '*.r.example': { auth: encoded } }, undefined],
    ['another host', 'r.example/a:1', { 'r.other': { auth: encoded } }, undefined],
  ])('%s', (_name, reference, auths, expected) => {
    expect(credentialsFor(reference, [secret(auths)])).toEqual([expected])
  })

  it('has those for less of a registry first', () => {
    const auths = Object.fromEntries(
      ['*.example', 'r.example', 'r.example/team'].map((key) => [key, { username: key, password: '' }]),
    )
    const names = credentialsFor('r.example/team/a:1', [secret(auths)]).map((one) => one?.username)

    expect(names).toEqual(['r.example/team', 'r.example', '*.example'])
  })

  it('passes over a broken secret', () => {
    expect(credentialsFor('r.example/a:1', ['no json'])).toEqual([undefined])
  })

  it.each([
    ['a', 'docker.io'],
    ['team/a:1', 'docker.io'],
    ['localhost/a', 'localhost'],
    ['127.0.0.1:5000/a', '127.0.0.1:5000'],
  ])('the registry of %s is %s', (reference, host) => {
    expect(registryHost(reference)).toBe(host)
  })
})
