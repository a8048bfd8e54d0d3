/**
 * Bundles the `slipway` program: one small entry, `helm template`, and all the rest, of which a command evaluates what it needs; and
 * `slipway/cluster`, which other projects import.
 */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import ts from 'typescript'
import { cachedBundle, cachedModules, program, template, writeCodeCache } from './code-cache.mjs'
import { buildLaterPackages, laterPackages } from './later-packages.mjs'

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

await rm(`${app}dist`, { recursive: true, force: true })
await Promise.all([
  // CommonJS, for Node takes a while before it loads its first module of the other kind.
  build({
    ...shared,
    entryPoints: { cli: 'src/cli.ts' },
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    plugins: [cachedModules(template), cachedModules(program)],
  }),
  build({ ...shared, ...cachedBundle(template, app), plugins: [laterPackages] }),
  build({ ...shared, ...cachedBundle(program, app), keepNames: true, plugins: [laterPackages] }),
  build({
    ...shared,
    entryPoints: { cluster: 'src/cluster/start-cluster.ts' },
    outdir: 'dist',
    outExtension: { '.js': '.mjs' },
    splitting: true,
    keepNames: true,
    format: 'esm',
    plugins: [laterPackages],
    // Bundled CommonJS dependencies call require() for Node's own modules.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module';const require=__createRequire(import.meta.url);",
    },
  }),
  buildLaterPackages(`${app}dist/later`),
])
writeCodeCache(template, app)
writeCodeCache(program, app)
await writeFile(
  `${app}dist/cluster.d.mts`,
  declarationOf(`${app}src/cluster/start-cluster.ts`, await readFile(`${app}src/cluster/start-cluster.ts`, 'utf8')),
)

/** The types of a module whose exports need no other module's. */
function declarationOf(fileName, source) {
  return ts.transpileDeclaration(source, { fileName, compilerOptions: { target: 'es2023', module: 'nodenext' } })
    .outputText
}
