import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/**
 * Packages that few runs need, or none at its start, with what is taken from them. Each becomes a file of its own that is read at the
 * first use: evaluating them takes longer than rendering a chart, and a fifth of the time in which a cluster starts.
 */
const packages = {
  re2js: ['RE2JS', 'RE2JSSyntaxException'],
  bcryptjs: ['compare', 'genSaltSync', 'hashSync', 'setRandomFallback'],
  undici: ['Agent', 'request'],
}

/** Puts stand-ins in the place of these packages. */
export const laterPackages = {
  name: 'later-packages',
  setup({ onResolve, onLoad }) {
    const names = new RegExp(`^(${Object.keys(packages).join('|')})$`)
    onResolve({ filter: names }, ({ path }) => ({ path, namespace: 'later' }))
    onLoad({ filter: /.*/, namespace: 'later' }, ({ path }) => ({ contents: standIn(path) }))
  },
}

function standIn(name) {
  const exports = packages[name].map(
    (key) => `export const ${key} = new Proxy(function () {}, {
      get: (_, name) => load().${key}[name],
      apply: (_, self, args) => load().${key}(...args),
      construct: (_, args) => new (load().${key})(...args),
    })`,
  )
  return `let loaded
    const load = () => (loaded ??= require('./later/${name}.cjs'))
    ${exports.join('\n')}`
}

/** Writes the packages themselves. */
export async function buildLaterPackages(folder) {
  const resolveDir = fileURLToPath(new URL('../packages/helm-chart', import.meta.url))
  for (const name of Object.keys(packages)) {
    await build({
      stdin: { contents: `module.exports = require('${name}')`, resolveDir },
      outfile: `${folder}/${name}.cjs`,
      bundle: true,
      minify: true,
      format: 'cjs',
      platform: 'node',
      target: 'node20.19',
      logLevel: 'warning',
    })
  }
}
