import { createContext, runInContext } from 'node:vm'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { exampleOf, ROOT } from './workspace.ts'

describe.each(['errors', 'go-yaml', 'go-template', 'helm-chart', 'x509'])('the example of %s', (name) => {
  it('is bundled without modules of Node, and prints what the README says with the globals of a page alone', async () => {
    const { code, printed } = exampleOf(name)
    // A module of Node's own would end this.
    const { outputFiles } = await build({
      stdin: { contents: code, resolveDir: ROOT, loader: 'js' },
      bundle: true,
      write: false,
      platform: 'browser',
      format: 'iife',
      logLevel: 'silent',
    })
    const lines: string[] = []
    const page = {
      TextDecoder,
      TextEncoder,
      atob,
      btoa,
      setTimeout,
      console: { log: (line: string) => lines.push(line) },
    }
    runInContext(outputFiles[0]?.text ?? '', createContext(page))

    expect(lines.map((line) => line.trim())).toEqual([printed.trim()])
  })
})
