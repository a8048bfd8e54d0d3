import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * A bundle whose start is waited for: one CommonJS file, beside which the code is kept that V8 compiled when the program was built.
 * @typedef {object} CachedBundle
 * @property {string} name of the file, without its end
 * @property {Record<string, string[]>} modules what the program imports of it: path as it is written there, and names
 * @property {string[]} [flags] of V8, for the whole process from when the bundle is loaded
 * @property {string} warmUp body of an async function of `load`, which gives a module by its path: what it runs is compiled and kept
 */

/** Puts a bundle's modules in the place of those of the program. */
export function cachedModules({ name, modules, flags = [] }) {
  return {
    name: `cached-${name}`,
    setup({ initialOptions, onResolve, onLoad }) {
      const folder =
        initialOptions.format === 'cjs'
          ? '__dirname'
          : "require('node:url').fileURLToPath(new URL('.', import.meta.url))"
      onResolve({ filter: /\.ts$/ }, ({ path }) =>
        path in modules ? { path, namespace: `cached-${name}` } : undefined,
      )
      onLoad({ filter: /.*/, namespace: `cached-${name}` }, ({ path }) => ({
        contents: `${setFlags(flags)}${loadCached}
          export const { ${modules[path].join(', ')} } = loadCached(require('node:path').join(${folder}, '${name}.cjs')).load(${JSON.stringify(path)})`,
      }))
    },
  }
}

function setFlags(flags) {
  return flags.map((flag) => `require('node:v8').setFlagsFromString('${flag}');`).join('')
}

/** How the bundle itself is built: of its modules those are evaluated that are asked for. */
export function cachedBundle({ name, modules }, folder) {
  const paths = Object.keys(modules).map((path) => JSON.stringify(path))
  return {
    stdin: {
      contents: `export const modules = { ${paths.map((path) => `${path}: () => require(${path})`).join(', ')} }`,
      resolveDir: `${folder}src`,
    },
    outfile: `dist/${name}.cjs`,
    format: 'cjs',
    define: { 'import.meta.url': 'importMetaUrl' },
    // Scripts of node:vm cannot import.
    supported: { 'dynamic-import': false },
  }
}

// A cache of another version of V8, or of other flags, is refused by V8 itself and then costs nothing but its reading. A text of ASCII
// needs half the memory, and is read in half the time.
const loadCached = `function loadCached(file) {
  const fs = require('node:fs')
  const vm = require('node:vm')
  const source = fs.readFileSync(file, 'latin1')
  const cacheFile = file + '.cache'
  const cachedData = fs.existsSync(cacheFile) ? fs.readFileSync(cacheFile) : undefined
  const wrapped = '(function (exports, require, module, importMetaUrl) {' + source + '\\n})'
  const script = new vm.Script(wrapped, { filename: file, cachedData })
  const module = { exports: {} }
  const url = require('node:url').pathToFileURL(file).href
  script.runInThisContext()(module.exports, require('node:module').createRequire(file), module, url)
  return { script, load: (path) => module.exports.modules[path]() }
}`

/** Writes the cache of a bundle that is built. */
export function writeCodeCache({ name, flags = [], warmUp }, folder) {
  const file = `${folder}dist/${name}.cjs`
  // esbuild leaves regular expressions as they are.
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/[^\0-\x7f]/g, escaped))
  const warming = `${setFlags(flags)}${loadCached}
    const [file] = process.argv.slice(1)
    const { script, load } = loadCached(file)
    const warmUp = async () => {${warmUp}}
    warmUp().then(() => require('node:fs').writeFileSync(file + '.cache', script.createCachedData()))`
  // V8 refuses a cache made with other flags than those of the program.
  const [, launcher] = /^#!.* node (.*)$/m.exec(readFileSync(`${folder}bin/slipway.cjs`, 'utf8'))
  const args = [...launcher.split(' '), '-e', warming, file]
  execFileSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
}

function escaped(character) {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

const SAMPLE = fileURLToPath(new URL('code-cache-sample', import.meta.url))

/**
 * Run more often than all others together, each time for a fraction of a second: V8 optimizes code five times as late as it would, for
 * what it optimizes otherwise is hardly run again, and its compiler takes as much processor time as the rendering.
 */
export const template = {
  name: 'template',
  flags: ['--interrupt-budget=700000'],
  modules: { './helm/local-template.ts': ['runLocalTemplate'] },
  warmUp: `
    const sample = ${JSON.stringify(SAMPLE)}
    const { runLocalTemplate } = load('./helm/local-template.ts')
    const status = runLocalTemplate(['name', sample], {})
    if (status !== 0) throw new Error('the sample does not render')`,
}

/** What serves: tests start a cluster of their own, and wait for it. */
export const server = {
  name: 'server',
  modules: {
    './commands/up.ts': ['run'],
    './commands/cluster.ts': ['run'],
    './cluster/start-cluster.ts': ['startCluster'],
  },
  warmUp: `
    const data = require('node:fs').mkdtempSync(require('node:path').join(require('node:os').tmpdir(), 'slipway-build-'))
    const { startCluster } = load('./cluster/start-cluster.ts')
    const cluster = await startCluster({ data, nodes: 'none' })
    await cluster.stop()
    require('node:fs').rmSync(data, { recursive: true })`,
}

/** What the server's threads for charts run, which start when there is a chart to render and end soon after. */
export const charts = {
  name: 'charts',
  modules: { './server/serve-charts.ts': ['serveCharts'] },
  warmUp: `
    const { readdirSync, readFileSync } = require('node:fs')
    const sample = ${JSON.stringify(SAMPLE)}
    const names = readdirSync(sample, { recursive: true }).filter((name) => name.includes('.'))
    const content = names.map((name) => ({ name, data: new Uint8Array(readFileSync(sample + '/' + name)) }))
    const capabilities = { kubeVersion: 'v1.34.0', apiVersions: ['v1', 'apps/v1'], helmVersion: { version: 'v4.0.0' } }
    const task = { values: {}, name: 'name', namespace: 'default', revision: 1, isUpgrade: false, capabilities }
    const nothing = { found: new Map() }
    const known = { objects: nothing, documents: nothing, hosts: nothing }
    const { port1, port2 } = new MessageChannel()
    load('./server/serve-charts.ts').serveCharts(port2)
    const answered = new Promise((resolve) => port1.once('message', resolve))
    port1.postMessage({ kind: 'render', chart: { digest: '', content }, task, known })
    const { done } = await answered
    port1.close()
    if (!done?.released) throw new Error('the sample does not render')`,
}
