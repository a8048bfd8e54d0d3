/** Runs every static check and reports all of them, so that one failure does not hide the next. */
import { spawn } from 'node:child_process'

const checks = {
  'format and lint': ['biome', 'check', '.'],
  types: ['tsc', '-p', '.'],
  'typed lint': ['eslint', '--cache', '--cache-location', 'node_modules/.cache/eslint/', '.'],
  boundaries: ['depcruise', '--config', '.dependency-cruiser.mjs', 'packages', 'apps'],
  'dead code': ['knip'],
}

function run([command, ...args]) {
  return new Promise((resolve) => {
    const child = spawn(`node_modules/.bin/${command}`, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
    })
    child.stderr.on('data', (chunk) => {
      output += chunk
    })
    child.on('close', (status) => resolve({ status, output }))
  })
}

const results = await Promise.all(
  Object.entries(checks).map(async ([name, command]) => {
    const started = performance.now()
    const { status, output } = await run(command)
    console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`)
    if (status !== 0) console.log(output)
    return status
  }),
)
process.exit(results.every((status) => status === 0) ? 0 : 1)
