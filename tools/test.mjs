/** Runs the tests (all projects, or those that the arguments choose) and ends with one line: `N passed, N failed, N skipped`. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { clientFolder, installClients } from './clients.mjs'

const args = process.argv.slice(2)
const needsClients = !args.includes('unit')
if (needsClients) await installClients()

const report = join(tmpdir(), `slipway-test-${process.pid}.json`)
const { status } = spawnSync(
  'node_modules/.bin/vitest',
  ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...args],
  { stdio: 'inherit', env: { ...process.env, SLIPWAY_TEST_CLIENTS: clientFolder } },
)
if (!existsSync(report)) process.exit(status ?? 1)
const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, 'utf8'))
rmSync(report)
console.log(`${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped`)
process.exit(status ?? 1)
