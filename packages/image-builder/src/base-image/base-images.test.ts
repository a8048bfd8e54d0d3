// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Dockerfiles have this syntax too.
import { formatReference } from '@slipway/oci-format'
import { describe, expect, it } from 'vitest'
import { baseImagesOf } from './base-images.ts'

describe('base images of a Dockerfile', () => {
  it.each([
    ['one stage', 'FROM node:20-slim\nRUN true', ['docker.io/library/node:20-slim']],
    [
      'a named stage used later',
      'FROM a AS build\nFROM b\nCOPY --from=build / /\nFROM build',
      ['docker.io/library/a:latest', 'docker.io/library/b:latest'],
    ],
    ['scratch', 'FROM scratch', []],
    [
      'a platform flag',
      'FROM --platform=linux/amd64 mcr.microsoft.com/dotnet/sdk:8.0 as x',
      ['mcr.microsoft.com/dotnet/sdk:8.0'],
    ],
    ['a global argument', 'ARG V=20\nFROM node:${V}-slim', ['docker.io/library/node:21-slim'], { V: '21' }],
    ['its default', 'ARG V="20"\nFROM node:$V', ['docker.io/library/node:20']],
    ['a default in place', 'FROM node:${V:-18}', ['docker.io/library/node:18']],
    [
      'an argument of a stage is no global one',
      'FROM a\nARG V=1\nFROM b:${V:-2}',
      ['docker.io/library/a:latest', 'docker.io/library/b:2'],
    ],
    [
      'comments, continuations, case and a byte order mark',
      '\uFEFF# FROM x\nfrom \\\n  node:20',
      ['docker.io/library/node:20'],
    ],
    ['what cannot be read', 'FROM UPPER/../x\nFROM', []],
  ])('%s', (_what, text, expected, buildArguments?: { V: string }) => {
    expect(baseImagesOf(text, { ...buildArguments }).map(formatReference)).toEqual(expected)
  })
})
