/**
 * Runs a TypeScript program as one bundle: `node tools/run-bundled.mjs FILE [ARGUMENT…]`. tsx gives each closure a name of its own, which
 * costs a program that is made of closures a tenth of its time and half of its memory: a bench would measure what nobody runs.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { fastSpreads } from './spreads.mjs'

const [entry, ...args] = process.argv.slice(2)
const outfile = fileURLToPath(new URL('../node_modules/.cache/slipway/bundled.mjs', import.meta.url))
await build({
  entryPoints: [entry],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  external: ['openpgp'],
  plugins: [fastSpreads],
  define: { 'import.meta.url': JSON.stringify(pathToFileURL(entry).href) },
  // Bundled CommonJS dependencies call require() for Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module';const require=__createRequire(process.argv[1]);",
  },
  logLevel: 'warning',
})
process.exitCode = spawnSync(process.execPath, [outfile, ...args], { stdio: 'inherit' }).status ?? 1
