/** Bundles the `slipway` program: one small entry, every command its own chunk, loaded when it is called. */
import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const app = fileURLToPath(new URL('../apps/slipway/', import.meta.url))
await rm(`${app}dist`, { recursive: true, force: true })
await build({
  absWorkingDir: app,
  entryPoints: { cli: 'src/cli.ts' },
  outdir: 'dist',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  minify: true,
  keepNames: true,
  sourcemap: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  // Native modules load their binary relative to their own folder, so they stay where npm put them.
  external: ['@photostructure/sqlite', 'node:sqlite', 'ssh2', 'dockerode', 'cpu-features'],
  // Bundled CommonJS dependencies call require() for Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module';const require=__createRequire(import.meta.url);",
  },
  logLevel: 'warning',
})
