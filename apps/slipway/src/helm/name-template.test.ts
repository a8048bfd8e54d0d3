import { describe, expect, it } from 'vitest'
import { nameFromTemplate } from './name-template.ts'

describe('a template for the name of a release', () => {
  it.each([
    ['foobar-{{ b64enc "abc" | lower }}-baz', 'foobar-ywjj-baz'],
    ['{{ env "USER" }}-{{ expandenv "$USER$NONE" }}', 'me-me'],
    ['{{ "foobar" }}', 'foobar'],
  ])('%s', (template, name) => {
    expect(nameFromTemplate(template, { USER: 'me' })).toBe(name)
  })

  it('may be random', () => {
    expect(nameFromTemplate('web-{{ randAlpha 6 | lower }}')).toMatch(/^web-[a-z]{6}$/)
  })

  it.each([
    ['{{ none }}', 'template: name-template:1: function "none" not defined'],
    [
      '{{ fail "no name" }}',
      'template: name-template:1:3: executing "name-template" at <fail "no name">: error calling fail: no name',
    ],
  ])("%s is an error in Go's words", (template, message) => {
    expect(() => nameFromTemplate(template)).toThrow(message)
  })
})
