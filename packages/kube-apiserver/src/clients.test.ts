import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findProgram, startTestServer, type TestServer } from './testing/test-server.ts'

let api: TestServer
beforeAll(async () => {
  api = await startTestServer()
})
afterAll(() => api.stop())

/** Where the test command keeps the clients that it fetches. */
const clients = process.env.SLIPWAY_TEST_CLIENTS ?? '/usr/local/bin'
const kubectl = findProgram(join(clients, 'kubectl-1.34'), '/usr/bin/kubectl', '/usr/local/bin/kubectl')
const helms = ['helm3', 'helm4'].map((name) => [name, findProgram(join(clients, name))] as const)

const manifest = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: c, image: "nginx:1.27", ports: [{containerPort: 80}], readinessProbe: {httpGet: {port: 80}}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
`

describe.skipIf(!kubectl)(`kubectl (${kubectl ?? 'not installed: skipped'})`, () => {
  const run = async (line: string, input?: string) => {
    const { stdout, stderr, code } = await api.run(kubectl!, line.split(' '), input)
    return { out: `${stdout}${stderr}`.replace(/^WARNING: version difference.*\n/m, '').trimEnd(), code }
  }

  it('applies twice, and the second time nothing changes', async () => {
    expect((await run('apply -f -', manifest)).out).toBe('deployment.apps/web created\nservice/web created')
    expect((await run('apply -f -', manifest)).out).toBe('deployment.apps/web unchanged\nservice/web unchanged')
    expect((await run('apply --server-side --force-conflicts -f -', manifest)).code).toBe(0)
    expect((await run('diff -f -', manifest)).out).toBe('')
  })

  it.each([
    ['get deploy web -o wide --no-headers', /^web\s+0\/2\s+0\s+0\s+\d+s\s+c\s+nginx:1.27\s+app=web$/],
    ['get all', /service\/kubernetes\s+ClusterIP\s+10\.96\.0\.1/],
    ['get deploy web -o jsonpath={.spec.template.spec.containers[0].readinessProbe.periodSeconds}', /^10$/],
    ['describe deploy web', /RollingUpdateStrategy:\s+25% max unavailable, 25% max surge/],
    ['describe svc web', /IP:\s+10\.96\./],
    ['api-resources', /deployments\s+deploy\s+apps\/v1\s+true\s+Deployment/],
    ['explain deploy.spec.strategy', /rollingUpdate\t<RollingUpdateDeployment>/],
    ['scale deploy web --replicas=3', /deployment.apps\/web scaled/],
    ['label deploy web team=a', /deployment.apps\/web labeled/],
    ['annotate deploy web note=x', /deployment.apps\/web annotated/],
    ['set image deploy/web c=nginx:1.28', /image updated/],
    ['rollout restart deploy/web', /restarted/],
    ['patch deploy web -p {"spec":{"paused":true}}', /patched/],
    ['create configmap made --from-literal=a=b', /configmap\/made created/],
    ['create secret generic made --from-literal=a=b', /secret\/made created/],
    ['create deployment other --image=x', /deployment.apps\/other created/],
    ['create namespace made', /namespace\/made created/],
    ['create token default', /^ey[\w-]+\.[\w-]+\.[\w-]+$/],
    ['auth can-i delete pods', /^yes$/],
    ['wait --for=jsonpath={.spec.replicas}=3 deploy/web --timeout=5s', /condition met/],
    ['get pod nothing', /^Error from server \(NotFound\): pods "nothing" not found$/],
    ['delete deploy web other', /deployment.apps "other" deleted/],
  ])('%s', async (line, expected) => {
    expect((await run(line)).out).toMatch(expected)
  })

  it('tells of a field that does not exist before anything is stored', async () => {
    const { out, code } = await run(
      'apply -f -',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: typo}\ndatta: {a: b}\n',
    )

    expect(code).toBe(1)
    expect(out).toContain('unknown field "datta"')
  })
})

describe.each(helms)('%s', (name, helm) => {
  it.skipIf(!helm)(`installs, upgrades, lists and uninstalls${helm ? '' : ' (not here: skipped)'}`, async () => {
    const chart = join(api.folder, `chart-${name}`)
    const run = async (line: string) => {
      const { stdout, stderr } = await api.run(helm!, line.split(' '))
      return stdout + stderr
    }
    await run(`create ${chart}`)
    await writeFile(join(chart, 'templates', 'tests', 'test-connection.yaml'), '')

    expect(await run(`install rel ${chart}`)).toContain('STATUS: deployed')
    expect(await run(`upgrade rel ${chart} --set replicaCount=3`)).toContain('REVISION: 2')
    expect(await run('list')).toMatch(/rel\s+default\s+2\s.*deployed/)
    expect(await run('history rel')).toMatch(/1\s.*superseded[\s\S]*2\s.*deployed/)
    expect(await run('get manifest rel')).toContain('replicas: 3')
    expect(await run('uninstall rel')).toContain('release "rel" uninstalled')
  })
})
