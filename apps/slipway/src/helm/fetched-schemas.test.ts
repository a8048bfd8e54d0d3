import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { runHelm } from './command.ts'
import { completeSchemas } from './fetched-schemas.ts'
import { runLocalTemplate } from './local-template.ts'

const folder = mkdtempSync(join(tmpdir(), 'slipway-schemas-'))
const chart = join(folder, 'chart')
let server: Server
let base: string
let requests: string[] = []

beforeAll(async () => {
  server = createServer(({ url = '' }, response) => {
    requests.push(url)
    if (url === '/port.json') response.end('{"$ref":"types.json#/definitions/port"}')
    else if (url === '/types.json') response.end('{"definitions":{"port":{"type":"integer","maximum":65535}}}')
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const files = {
    'Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 0.1.0\n',
    'values.yaml': 'port: 80\n',
    'templates/cm.yaml': 'port: {{ .Values.port }}\n',
  }
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(chart, name)), { recursive: true })
    writeFileSync(join(chart, name), text)
  }
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(() => {
  requests = []
})
afterEach(() => {
  vi.restoreAllMocks()
})

function refersTo(reference: string): void {
  const schema = { properties: { port: { $ref: reference } } }
  writeFileSync(join(chart, 'values.schema.json'), JSON.stringify(schema))
}

/** Runs a command, and gives what it says. */
async function said(run: () => number | undefined | Promise<number | undefined>) {
  const [out, error] = [caught(process.stdout), caught(process.stderr)]
  const status = await run()
  return { status, out: out(), error: error() }
}

function caught(stream: NodeJS.WriteStream): () => string {
  const spy = vi.spyOn(stream, 'write').mockReturnValue(true)
  return () => spy.mock.calls.map(([chunk]) => String(chunk)).join('')
}

const faultOf = (words: string) =>
  `values don't meet the specifications of the schema(s) in the following chart(s):\nshop:\n${words}\n`

describe('schemas of other places', () => {
  it('are fetched for a chart that is rendered here', async () => {
    refersTo(`${base}/port.json`)

    const run = () => runLocalTemplate(['rel', chart, '-n', 'apps'], {}, completeSchemas)

    expect(await said(run)).toEqual({
      status: 0,
      out: '---\n# Source: shop/templates/cm.yaml\nport: 80\n',
      error: '',
    })
    expect(requests).toEqual(['/port.json', '/types.json'])
  })

  it('refuse values in the words of Helm', async () => {
    refersTo(`${base}/port.json`)

    const run = () => runLocalTemplate(['rel', chart, '-n', 'apps', '--set', 'port=70000'], {}, completeSchemas)

    const error = `Error: ${faultOf("- at '/port': maximum: got 70,000, want 65,535\n")}`
    expect(await said(run)).toEqual({ status: 1, out: '', error })
  })

  it('that are not there are told with their address', async () => {
    refersTo(`${base}/nope.json`)

    const { status, error } = await said(() => runHelm(['template', 'rel', chart, '-n', 'apps']))

    const words = `failing loading "${base}/nope.json": HTTP request to ${base}/nope.json returned status 404 (Not Found)`
    expect({ status, error }).toEqual({ status: 1, error: `Error: ${faultOf(words)}` })
  })

  it.each([
    ['install', ['install', 'rel', '--dry-run=client', '-n', 'apps']],
    ['lint', ['lint']],
  ])('are fetched by %s', async (_, args) => {
    refersTo(`${base}/port.json`)

    const { error } = await said(() => runHelm([...args, chart, '--set', 'port=70000']))

    expect(error).toContain('Error:')
    expect(requests).toEqual(['/port.json', '/types.json'])
  })

  it('are not asked for where schemas are not checked', async () => {
    refersTo(`${base}/port.json`)

    const run = () => runLocalTemplate(['rel', chart, '-n', 'apps', '--skip-schema-validation'], {}, completeSchemas)

    expect(await said(run)).toMatchObject({ status: 0 })
    expect(requests).toEqual([])
  })

  it('that are URNs fit everything, with a warning', async () => {
    refersTo('urn:example:port')

    const { status, error } = await said(() => runLocalTemplate(['rel', chart, '-n', 'apps'], {}, completeSchemas))

    expect({ status, error }).toEqual({
      status: 0,
      error: 'level=WARN msg="unresolved URN reference ignored; using permissive schema" urn=urn:example:port\n',
    })
  })

  it('are no files of this machine', async () => {
    writeFileSync(join(folder, 'secret.json'), '{"type":"string"}')
    refersTo(`file://${folder}/secret.json`)

    const { error } = await said(() => runLocalTemplate(['rel', chart, '-n', 'apps'], {}, completeSchemas))

    expect(error).toContain(`open ${folder}/secret.json: no such file or directory`)
  })
})
