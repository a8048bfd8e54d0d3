import { describe, expect, it } from 'vitest'
import {
  type GoFunction,
  Template,
  TemplateCache,
  TemplateError,
  type TemplateOptions,
  templateObjectOf,
  withSignature,
} from './index.ts'

function templateOf(files: Record<string, string>, options: Partial<TemplateOptions> = {}): Template {
  const template = new Template({ functions: {}, ...options })
  for (const [name, text] of Object.entries(files)) template.parse(name, text)
  return template
}

function render(text: string, data: unknown = null, options: Partial<TemplateOptions> = {}): string {
  return templateOf({ t: text }, options).execute('t', data)
}

/** Helm's `include` and `tpl`, bound to a set. */
function helmFunctions(set: () => Template): Record<string, GoFunction> {
  return {
    include: withSignature(['string', 'any'], (name: string, data: unknown) => set().execute(name, data)),
    tpl: withSignature(['string', 'any'], (text: string, data: unknown) => {
      const child: Template = set().child(helmFunctions(() => child))
      child.parse('tpl', text)
      return child.execute('tpl', data)
    }),
  }
}

function helmSet(files: Record<string, string>, options: Partial<TemplateOptions> = {}): Template {
  const set: Template = templateOf(files, { functions: helmFunctions(() => set), ...options })
  return set
}

describe('a set of templates', () => {
  it('calls templates of other files and knows their names', () => {
    const set = templateOf({ a: '{{define "x"}}[{{.}}]{{end}}', b: '{{template "x" .}}' })

    expect(set.execute('b', 'hi')).toBe('[hi]')
    expect(set.names().toSorted()).toEqual(['a', 'b', 'x'])
    expect(set.has('x')).toBe(true)
    expect(set.has('y')).toBe(false)
  })

  it('lets a later definition replace an earlier one, but not by nothing', () => {
    const set = templateOf({ a: '{{define "x"}}1{{end}}', b: '{{define "x"}}2{{end}}', c: '{{define "x"}} {{end}}' })

    expect(set.execute('x', null)).toBe('2')
  })

  it('names an unknown template as Go does', () => {
    expect(() => templateOf({}).execute('nope', null)).toThrow(
      'template: no template "nope" associated with template "gotpl"',
    )
  })

  it('takes other delimiters', () => {
    expect(render('[[.]] {{.}}', 'x', { leftDelim: '[[', rightDelim: ']]' })).toBe('x {{.}}')
  })
})

describe('templates inside functions', () => {
  it('renders include and tpl, which sees the templates of its parent', () => {
    const set = helmSet({
      h: '{{define "name"}}n-{{.}}{{end}}',
      t: '{{include "name" .}} {{tpl "{{include \\"name\\" .}}!" .}}',
    })

    expect(set.execute('t', 'x')).toBe('n-x n-x!')
  })

  it('keeps what tpl defines to itself', () => {
    const set = helmSet({ t: '{{tpl "{{define \\"own\\"}}o{{end}}{{template \\"own\\"}}" .}}' })

    expect(set.execute('t', null)).toBe('o')
    expect(set.has('own')).toBe(false)
  })

  it('says which call failed at every level, and keeps the cause', () => {
    const boom = new Error('deep')
    const functions: Record<string, GoFunction> = {
      fail: () => {
        throw boom
      },
    }
    const set: Template = new Template({ functions: { ...helmFunctions(() => set), ...functions } })
    set.parse('t.yaml', '{{define "x"}}{{ fail }}{{end}}\n{{ include "x" . | print }}')

    const run = () => set.execute('t.yaml', null)

    expect(run).toThrow(
      'template: t.yaml:2:3: executing "t.yaml" at <include "x" .>: error calling include: ' +
        'template: t.yaml:1:17: executing "x" at <fail>: error calling fail: deep',
    )
    expect(run).toThrow(expect.objectContaining({ cause: expect.objectContaining({ cause: boom }) }))
  })
})

describe('structs', () => {
  const release = templateObjectOf({
    typeName: '*v1.Release',
    hasField: (name) => name === 'Name',
    getField: () => 'rel',
    getMethod: (name) => (name === 'Get' ? withSignature(['string'], (key: string) => `got ${key}`) : undefined),
  })

  it.each([
    ['{{.R.Name}}', 'rel'],
    ['{{.R.Get "x"}}', 'got x'],
    ['{{"y" | .R.Get}}', 'got y'],
    ['{{with .R}}{{.Name}}{{end}}', 'rel'],
    ['{{if .R}}yes{{end}}', 'yes'],
  ])('%s', (text, output) => {
    expect(render(text, { R: release })).toBe(output)
  })

  it.each([
    ['{{.R.Nope}}', `can't evaluate field Nope in type interface {}`],
    ['{{with .R}}{{.Nope}}{{end}}', `can't evaluate field Nope in type *v1.Release`],
    ['{{.R.Name 1}}', 'Name has arguments but cannot be invoked as function'],
    ['{{.R.Get}}', 'wrong number of args for Get: want 1 got 0'],
    ['{{.R.Get 1}}', 'expected string; found 1'],
  ])('%s fails', (text, message) => {
    expect(() => render(text, { R: release })).toThrow(message)
  })

  it('cannot be forged by data', () => {
    const data = { R: { typeName: 'x', hasField: 'a', getField: 'b', getMethod: 'c' } }

    expect(render('{{.R.getField}}{{.R.Name}}', data)).toBe('b<no value>')
  })
})

describe('what a template cannot do', () => {
  it.each(['constructor', '__proto__', 'hasOwnProperty', 'toString', 'valueOf'])('%s is a plain key', (key) => {
    expect(render(`{{.${key}}}|{{index . "${key}"}}|{{.m.${key}}}`, { m: {} })).toBe('<no value>|<no value>|<no value>')
  })

  it('reads own keys of such names', () => {
    expect(render('{{.constructor}}{{range $k, $v := .}}{{$k}}{{end}}', { constructor: 'c' })).toBe('cconstructor')
  })

  it.each([
    ['steps', '{{range 1000000000}}{{end}}', { maxSteps: 1000 }, 'takes more than 1000 steps'],
    ['output', '{{range 1000000}}xxxxxxxxxx{{end}}', { maxOutputLength: 1000 }, 'longer than 1000 characters'],
    ['strings', '{{$x := "x"}}{{range 40}}{{$x = print $x $x}}{{end}}', { maxOutputLength: 1000 }, 'longer than 1000'],
    [
      'templates',
      '{{define "a"}}{{template "a"}}{{end}}{{template "a"}}',
      { maxDepth: 50 },
      'maximum template depth (50)',
    ],
    ['default depth', '{{define "a"}}{{template "a"}}{{end}}{{template "a"}}', {}, 'maximum template depth (1000)'],
    ['time', '{{range 1000000000}}{{end}}', { isExpired: () => true }, 'takes too long'],
  ])('limits %s', (_, text, limits, message) => {
    expect(() => render(text, null, { limits })).toThrow(message)
    expect(() => render(text, null, { limits })).toThrow(TemplateError)
  })

  it('ends endless includes with an error, also where the stack is what ends them', () => {
    const set = helmSet({ a: '{{define "x"}}{{include "x" .}}{{end}}{{include "x" .}}' }, { limits: { maxDepth: 1e9 } })

    expect(() => set.execute('a', null)).toThrow(TemplateError)
  })
})

describe('the cache', () => {
  it('gives the same templates for the same text and checks functions anew', () => {
    const cache = new TemplateCache()
    const withF = { functions: { f: () => 'F' }, cache }

    expect(templateOf({ t: '{{f}}' }, withF).execute('t', null)).toBe('F')
    expect(templateOf({ t: '{{f}}' }, { functions: { f: () => 'G' }, cache }).execute('t', null)).toBe('G')
    expect(() => templateOf({ t: '{{f}}' }, { functions: {}, cache })).toThrow(
      'template: t:1: function "f" not defined',
    )
  })

  it('names a template in errors as it is called, though another chart has the same text', () => {
    const cache = new TemplateCache()
    const text = '{{define "d"}}\n{{.a.b.c}}{{end}}{{template "d" .}}{{index .x 1}}'

    for (const name of ['one/templates/a.yaml', 'two/templates/b.yaml']) {
      const failing = (data: unknown) => () => templateOf({ [name]: text }, { cache }).execute(name, data)
      expect(failing({ a: { b: { c: 1 } }, x: [] })).toThrow(
        `template: ${name}:2:37: executing "${name}" at <index .x 1>: error calling index`,
      )
      expect(failing({ a: null })).toThrow(
        `template: ${name}:2:4: executing "d" at <.a.b.c>: nil pointer evaluating interface {}.b`,
      )
    }
  })

  it('does not take what a text says for a definition that has its name, nor the other way round', () => {
    const text = '{{define "d"}}{{end}}body'

    for (const names of [
      ['t', 'd'],
      ['d', 't'],
    ]) {
      const cache = new TemplateCache()
      const results = names.map((name) => {
        const set = templateOf({ [name]: text }, { cache })
        return [name, set.execute(name, null), set.names().sort()]
      })
      expect(new Map(results.map(([name, ...rest]) => [name, rest]))).toEqual(
        new Map([
          ['t', ['body', ['d', 't']]],
          ['d', ['body', ['d']]],
        ]),
      )
    }
  })

  it('reads a text anew where other delimiters are asked for', () => {
    const cache = new TemplateCache()
    const text = '{{1}}<<2>>'

    expect(templateOf({ t: text }, { cache }).execute('t', null)).toBe('1<<2>>')
    expect(templateOf({ t: text }, { cache, leftDelim: '<<', rightDelim: '>>' }).execute('t', null)).toBe('{{1}}2')
    expect(templateOf({ t: text }, { cache }).execute('t', null)).toBe('1<<2>>')
  })
})
