import { describe, expect, it } from 'vitest'
import { parsePipeline } from '../parse-pipeline.ts'
import { matchesTrigger } from './matches-trigger.ts'

function matches(trigger: string, ref: string, changedPaths?: string[], message = 'change'): boolean {
  const { pipeline } = parsePipeline(`${trigger}\nsteps: []\n`, { file: 'p.yml' })
  return matchesTrigger(pipeline!, { ref, message, ...(changedPaths && { changedPaths }) }).matches
}

describe('matchesTrigger', () => {
  it.each<[string, string, string[] | undefined, boolean]>([
    ['', 'refs/heads/any/thing', undefined, true],
    ['', 'refs/tags/v1', undefined, false],
    ['trigger: none', 'refs/heads/master', undefined, false],
    ['trigger: [master]', 'refs/heads/master', undefined, true],
    ['trigger: [master]', 'refs/heads/master2', undefined, false],
    ['trigger: [releases/*]', 'refs/heads/releases/a/b', undefined, true],
    ['trigger: [refs/heads/master]', 'refs/heads/master', undefined, true],
    ['trigger: {branches: {include: ["*"], exclude: [wip/*]}}', 'refs/heads/wip/x', undefined, false],
    ['trigger: {branches: {exclude: [wip/*]}}', 'refs/heads/main', undefined, true],
    ['trigger: {tags: [v*]}', 'refs/tags/v1', undefined, true],
    ['trigger: {tags: {include: [v*], exclude: [v0*]}}', 'refs/tags/v0.1', undefined, false],
    ['trigger: {paths: {include: [src]}}', 'refs/heads/m', ['src/a/b.ts'], true],
    ['trigger: {paths: {include: [src/*]}}', 'refs/heads/m', ['src/a/b.ts'], true],
    ['trigger: {paths: {include: [/src]}}', 'refs/heads/m', ['srcs/a.ts'], false],
    ['trigger: {paths: {exclude: [docs]}}', 'refs/heads/m', ['docs/a.md'], false],
    ['trigger: {paths: {exclude: [docs]}}', 'refs/heads/m', ['docs/a.md', 'a.ts'], true],
    ['trigger: {paths: {include: ["**/*.md"]}}', 'refs/heads/m', ['a/b/c.md'], true],
    ['trigger: {paths: {include: [src]}}', 'refs/heads/m', undefined, true],
    ['trigger: {paths: {include: ["a.b+(c)?"]}}', 'refs/heads/m', ['a.b+(c)d'], true],
    ['trigger: {paths: {include: ["a.b"]}}', 'refs/heads/m', ['a-b'], false],
    [`trigger: ["${'*a'.repeat(40)}*b"]`, `refs/heads/${'a'.repeat(1000)}`, undefined, false],
    [`trigger: {paths: {include: ["${'*a'.repeat(40)}*b"]}}`, 'refs/heads/m', ['a'.repeat(1000)], false],
  ])('%j with %s and %j: %s', (trigger, ref, paths, expected) => {
    expect(matches(trigger, ref, paths)).toBe(expected)
  })

  it('is held back by a mark in the message', () => {
    expect(matches('', 'refs/heads/master', undefined, 'docs [skip ci]')).toBe(false)
    expect(matches('', 'refs/heads/master', undefined, '***NO_CI***')).toBe(false)
  })
})
