/**
 * Bundles the `slipway` program: one small entry, then the words of all commands, every command its own chunk, loaded when it is called,
 * but for those whose start is waited for; and `slipway/cluster`, which other projects import.
 */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import ts from 'typescript'
import { cachedBundle, cachedModules, charts, server, template, writeCodeCache } from './code-cache.mjs'
import { writeKubeDescriptions } from './kube-descriptions.mjs'
import { buildLaterPackages, laterPackages } from './later-packages.mjs'
import { fastSpreads } from './spreads.mjs'

const app = fileURLToPath(new URL('../apps/slipway/', import.meta.url))
const shared = {
  absWorkingDir: app,
  bundle: true,
  minify: true,
  sourcemap: true,
  platform: 'node',
  target: 'node20.19',
  // Native modules load their binary relative to their own folder, so they stay where npm put them.
  // openpgp is under the LGPL, whose users must be able to replace it.
  external: ['@photostructure/sqlite', 'node:sqlite', 'ssh2', 'dockerode', 'cpu-features', 'openpgp', './later/*'],
  logLevel: 'warning',
}
/** Functions and classes keep the names that stack traces and errors show, where the size of a file is not waited for. */
const named = { ...shared, minify: false, minifyWhitespace: true, minifySyntax: true }

const ERRORS = '@slipway/errors'
/** One for all: a class of errors that came twice would not know its own. */
const sharedErrors = builtApart(ERRORS, './errors.cjs')

await rm(`${app}dist`, { recursive: true, force: true })
const commands = {}
// CommonJS, for Node takes a while before it loads its first module of the other kind.
await build({
  ...named,
  entryPoints: { program: 'src/program.ts' },
  outdir: 'dist',
  outExtension: { '.js': '.cjs' },
  format: 'cjs',
  plugins: [fastSpreads, cachedModules(server), sharedErrors, loadedLater(commands)],
})
await Promise.all([
  build({
    ...named,
    entryPoints: { ...commands, cluster: 'src/cluster/start-cluster.ts' },
    outdir: 'dist',
    outExtension: { '.js': '.mjs' },
    splitting: true,
    format: 'esm',
    plugins: [fastSpreads, laterPackages, cachedModules(server), sharedErrors],
    // Bundled CommonJS dependencies call require() for Node's own modules.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module';const require=__createRequire(import.meta.url);",
    },
  }),
  build({
    ...shared,
    entryPoints: { cli: 'src/cli.ts' },
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    supported: { 'dynamic-import': false },
    plugins: [fastSpreads, cachedModules(template), builtApart('./program.ts', './program.cjs')],
  }),
  build({
    ...shared,
    entryPoints: { 'chart-thread': 'src/chart-thread.ts' },
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    plugins: [fastSpreads, cachedModules(charts)],
  }),
  build({
    ...shared,
    entryPoints: { 'upload-thread': 'src/upload-thread.ts' },
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
  }),
  build({ ...shared, ...cachedBundle(template, app), plugins: [fastSpreads, laterPackages] }),
  build({ ...shared, ...cachedBundle(charts, app), plugins: [fastSpreads, laterPackages, sharedErrors] }),
  build({ ...named, ...cachedBundle(server, app), plugins: [fastSpreads, laterPackages, sharedErrors] }),
  build({ ...named, entryPoints: { errors: ERRORS }, outdir: 'dist', outExtension: { '.js': '.cjs' }, format: 'cjs' }),
  buildLaterPackages(`${app}dist/later`),
])
writeKubeDescriptions(`${app}dist/kube-descriptions.json.gz`)
writeCodeCache(template, app)
writeCodeCache(charts, app)
writeCodeCache(server, app)
await writeFile(
  `${app}dist/cluster.d.mts`,
  declarationOf(`${app}src/cluster/start-cluster.ts`, await readFile(`${app}src/cluster/start-cluster.ts`, 'utf8')),
)

/** Leaves a module to another build. */
function builtApart(module, file) {
  return {
    name: `${file} apart`,
    setup({ onResolve }) {
      onResolve({ filter: /./ }, ({ path }) => (path === module ? { path: file, external: true } : undefined))
    },
  }
}

/** Leaves what is imported when it is called to another build, and tells it: name of the file -> path. */
function loadedLater(entries) {
  return {
    name: 'loaded later',
    setup({ onResolve }) {
      onResolve({ filter: /\.ts$/ }, ({ kind, path, resolveDir }) => {
        if (kind !== 'dynamic-import') return undefined
        const file = join(resolveDir, path)
        const name = relative(`${app}src`, file).replace(/\.ts$/, '').replaceAll('/', '-')
        entries[name] = file
        return { path: `./${name}.mjs`, external: true }
      })
    },
  }
}

/** The types of a module whose exports need no other module's. */
function declarationOf(fileName, source) {
  return ts.transpileDeclaration(source, { fileName, compilerOptions: { target: 'es2023', module: 'nodenext' } })
    .outputText
}
