/**
 * Bundles the `slipway` program: one small entry, every command its own chunk, loaded when it is called; and `slipway/cluster`,
 * which other projects import.
 */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import ts from 'typescript'
import { cachedModule, writeCodeCache } from './code-cache.mjs'
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
  build({
    ...shared,
    entryPoints: { cli: 'src/cli.ts', cluster: 'src/cluster/start-cluster.ts' },
    outdir: 'dist',
    outExtension: { '.js': '.mjs' },
    splitting: true,
    keepNames: true,
    format: 'esm',
    plugins: [laterPackages, cachedModule('./helm/local-template.ts', 'template', ['runLocalTemplate'])],
    // Bundled CommonJS dependencies call require() for Node's own modules.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module';const require=__createRequire(import.meta.url);",
    },
  }),
  // Run more often than all others together, so it is one file, whose compiled code is kept beside it.
  build({
    ...shared,
    entryPoints: { template: 'src/helm/local-template.ts' },
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    plugins: [laterPackages],
  }),
  buildLaterPackages(`${app}dist/later`),
])
writeCodeCache(`${app}dist/template.cjs`, fileURLToPath(new URL('code-cache-sample', import.meta.url)))
await writeFile(
  `${app}dist/cluster.d.mts`,
  declarationOf(`${app}src/cluster/start-cluster.ts`, await readFile(`${app}src/cluster/start-cluster.ts`, 'utf8')),
)

/** The types of a module whose exports need no other module's. */
function declarationOf(fileName, source) {
  return ts.transpileDeclaration(source, { fileName, compilerOptions: { target: 'es2023', module: 'nodenext' } })
    .outputText
}
