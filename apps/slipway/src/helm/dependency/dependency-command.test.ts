import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { HelmSettings } from '../settings.ts'
import { updateDependencies } from './dependency-command.ts'

it('update leaves a page that was sent in the place of a chart where it is, and says so as Helm does', async () => {
  const index =
    'apiVersion: v1\nentries:\n  web: [{ apiVersion: v2, name: web, version: 1.0.0, urls: [web-1.0.0.tgz] }]\n'
  const server = createServer(({ url }, response) =>
    response.end(url === '/index.yaml' ? index : '<html>log in</html>'),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const chartPath = mkdtempSync(join(tmpdir(), 'slipway-dependency-'))
  const repository = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const dependencies = `dependencies: [{ name: web, version: 1.0.0, repository: "${repository}" }]`
  writeFileSync(join(chartPath, 'Chart.yaml'), `apiVersion: v2\nname: parent\nversion: 1.0.0\n${dependencies}\n`)
  const settings = {
    repositoryConfig: join(chartPath, 'none'),
    repositoryCache: join(chartPath, 'cache'),
  } as HelmSettings
  const said: string[] = []

  await updateDependencies({ chartPath, options: { skipRefresh: false }, settings, say: (text) => said.push(text) })

  const draft = join(chartPath, `tmpcharts-${process.pid}`, 'web-1.0.0.tgz')
  const fault = `file '${draft}' does not appear to be a gzipped archive; got 'text/html; charset=utf-8'`
  expect(said).toContain(`Could not verify ${draft} for moving: ${fault} (Skipping)`)
  expect(existsSync(join(chartPath, 'charts/web-1.0.0.tgz'))).toBe(false)
  rmSync(chartPath, { recursive: true })
  server.close().closeAllConnections()
})
