import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createContext, runInContext } from 'node:vm'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** The example of a package's README, and what it prints. */
function exampleOf(name: string): { code: string; printed: string } {
  const text = readFileSync(`${root}packages/${name}/README.md`, 'utf8')
  const block = (language: string) => new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 's').exec(text)?.[1] ?? ''
  return { code: block('js'), printed: block('text') }
}

describe.each(['go-template', 'helm-chart'])('the example of %s', (name) => {
  it('is bundled without modules of Node, and prints what the README says with the globals of a page alone', async () => {
    const { code, printed } = exampleOf(name)
    // A module of Node's own would end this.
    const { outputFiles } = await build({
      stdin: { contents: code, resolveDir: root, loader: 'js' },
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
