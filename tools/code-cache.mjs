import { execFileSync } from 'node:child_process'

/** Loads a module of the program from a file of its own, with the code that V8 compiled when the program was built. */
export function cachedModule(path, name, exports) {
  return {
    name: 'cached-module',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: new RegExp(`^${path.replaceAll('.', '\\.')}$`) }, () => ({ path: name, namespace: 'cached' }))
      onLoad({ filter: /.*/, namespace: 'cached' }, () => ({ contents: loader(name, exports), loader: 'js' }))
    },
  }
}

function loader(name, exports) {
  return `${loadCached}
    const file = require('node:url').fileURLToPath(new URL('./${name}.cjs', import.meta.url))
    export const { ${exports.join(', ')} } = loadCached(file).exports`
}

// A cache of another version of V8, or of other flags, is refused by V8 itself and then costs nothing but its reading.
const loadCached = `function loadCached(file) {
  const fs = require('node:fs')
  const vm = require('node:vm')
  const source = fs.readFileSync(file, 'utf8')
  const cacheFile = file + '.cache'
  const cachedData = fs.existsSync(cacheFile) ? fs.readFileSync(cacheFile) : undefined
  const wrapped = '(function (exports, require, module) {' + source + '\\n})'
  const script = new vm.Script(wrapped, { filename: file, cachedData })
  const module = { exports: {} }
  script.runInThisContext()(module.exports, require('node:module').createRequire(file), module)
  return { script, exports: module.exports }
}`

/** Writes the cache of a bundle after it has rendered the sample, so that what a run compiles is in it. */
export function writeCodeCache(file, sample) {
  const program = `${loadCached}
    const [file, sample] = process.argv.slice(1)
    const { script, exports } = loadCached(file)
    process.stdout.write = () => true
    const status = exports.runLocalTemplate(['name', sample], {})
    if (status !== 0) throw new Error('the sample does not render')
    require('node:fs').writeFileSync(file + '.cache', script.createCachedData())`
  // With the flags of bin/slipway.mjs: V8 refuses a cache made with others.
  execFileSync(process.execPath, ['--max-semi-space-size=2', '-e', program, file, sample], { stdio: 'inherit' })
}
