/** `npm run demo`: sees to it that a container engine can be had, then runs `slipway demo`. */
import { spawnSync } from 'node:child_process'
import { ensureContainerEngine } from './container-engine.mjs'

ensureContainerEngine()
const { status } = spawnSync(process.execPath, ['apps/slipway/bin/slipway.mjs', 'demo', ...process.argv.slice(2)], {
  stdio: 'inherit',
})
process.exit(status ?? 1)
