/** `npm run demo`: sees to it that a container engine can be had, then runs `slipway demo`. */
import { spawnSync } from 'node:child_process'
import { ensureContainerEngine } from './container-engine.mjs'

// The story builds an image and runs it: without an engine there is nothing to show.
if (!ensureContainerEngine()) process.exit(1)
const { status } = spawnSync(process.execPath, ['apps/slipway/bin/slipway.cjs', 'demo', ...process.argv.slice(2)], {
  stdio: 'inherit',
})
process.exit(status ?? 1)
