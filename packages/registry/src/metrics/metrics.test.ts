import { expect, it } from 'vitest'
import { startRegistry } from '../testing/index.ts'

it('the metrics count requests, and what there is', async () => {
  const registry = await startRegistry()
  await registry.client.pushImage('web', '1', 'layer')
  await registry.client.send('GET', '/v2/web/manifests/1')
  await registry.client.send('GET', '/v2/web/manifests/none')

  const answer = await registry.client.send('GET', '/metrics')
  const text = await answer.text()
  await registry.stop()
  await registry.remove()

  expect(answer.headers.get('content-type')).toMatch(/^text\/plain/)
  for (const line of [
    'registry_http_requests_total{handler="manifests",method="GET",code="200"} 1',
    'registry_http_requests_total{handler="manifests",method="GET",code="404"} 1',
    'registry_http_requests_total{handler="uploads",method="POST",code="201"} 2',
    'registry_http_request_duration_seconds_count{handler="manifests",method="GET"} 2',
    'registry_http_in_flight_requests 1',
    'slipway_registry_repositories 1',
    'slipway_registry_tags 1',
    'slipway_registry_blobs 2',
  ]) {
    expect(text.split('\n')).toContain(line)
  }
})
