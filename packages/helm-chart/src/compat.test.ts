import { describe, expect, it } from 'vitest'
import { renderFiles } from './testing/render-text.ts'

/** What Helm 3.17.3 and Helm 4.1.4 make of a template, or the first line of the error. */
function outcomes(template: string, more: Readonly<Record<string, string>> = {}): { helm3: string; helm4: string } {
  const outcome = (compat: 'helm3' | 'helm4') => {
    try {
      return renderFiles({ 'templates/NOTES.txt': template, ...more }, { compat }).notes
    } catch (error) {
      return (error as Error).message
    }
  }
  return { helm3: outcome('helm3'), helm4: outcome('helm4') }
}

const place = 'demo/templates/NOTES.txt:1'

describe('compatibility with Helm 3', () => {
  it.each([
    ['{{ .Capabilities.KubeVersion }}', 'v1.32.0', 'v1.35.0'],
    ['{{ .Capabilities.HelmVersion.Version }}', 'v3.17.3', 'v4.1.4'],
    ['{{ .Capabilities.APIVersions.Has "resource.k8s.io/v1" }}', 'false', 'true'],
    [
      '{{ toJson .Capabilities.KubeVersion }}',
      '{"Version":"v1.32.0","Major":"1","Minor":"32"}',
      '{"Version":"v1.35.0","Major":"1","Minor":"35"}',
    ],
    [
      '{{ .Chart.Nope }}',
      `template: ${place}:9: executing "demo/templates/NOTES.txt" at <.Chart.Nope>: can't evaluate field Nope in type interface {}`,
      '',
    ],
    [
      '{{ $_ := set .Values "copy" (deepCopy .Values) }}{{ typeOf .Values.copy }} {{ toJson .Values }}',
      'chartutil.Values {"copy":{}}',
      'map[string]interface {} {"copy":{}}',
    ],
    [
      '{{ range 2 }}{{ . }}{{ end }}',
      `template: ${place}:9: executing "demo/templates/NOTES.txt" at <2>: range can't iterate over 2`,
      '01',
    ],
    [
      '{{ lt "a" 1 }}',
      `template: ${place}:3: executing "demo/templates/NOTES.txt" at <lt "a" 1>: error calling lt: incompatible types for comparison`,
      `template: ${place}:3: executing "demo/templates/NOTES.txt" at <lt "a" 1>: error calling lt: incompatible types for comparison: string and int`,
    ],
    [
      '{{ upper 1 }}',
      `template: ${place}:9: executing "demo/templates/NOTES.txt" at <1>: expected string; found 1`,
      `${place}:9\n  executing "demo/templates/NOTES.txt" at <1>:\n    expected string; found 1`,
    ],
    [
      '{{ toJson .Chart }}',
      '{"name":"demo","version":"0.1.0","apiVersion":"v2","IsRoot":true}',
      '{"APIVersion":"v2","Annotations":null,"AppVersion":"","Condition":"","Dependencies":[],"Deprecated":false,"Description":"","Home":"","Icon":"","IsRoot":true,"Keywords":[],"KubeVersion":"","Maintainers":[],"Name":"demo","Sources":[],"Tags":"","Type":"","Version":"0.1.0"}',
    ],
  ])('renders %s', (template, helm3, helm4) => {
    expect(outcomes(template)).toEqual({ helm3, helm4 })
  })

  it('shows what is wrong with values in the words of each', () => {
    const schema =
      '{"required":["b"],"properties":{"a":{"type":["string","null"]},"e":{"enum":[1,"x"]},"m":{"maximum":10}}}'
    const { helm3 } = outcomes('', { 'values.schema.json': schema, 'values.yaml': '{a: 1, e: 2, m: 11}' })

    expect(helm3).toBe(
      'values don\'t meet the specifications of the schema(s) in the following chart(s):\ndemo:\n- (root): b is required\n- a: Invalid type. Expected: [string,null], given: integer\n- e: e must be one of the following: 1, "x"\n- m: Must be less than or equal to 10\n',
    )
  })

  it('takes webhooks for custom kinds', () => {
    const kinds = 'kind: ValidatingWebhookConfiguration\n---\nkind: Certificate\n---\nkind: Service\n'
    const order = (compat: 'helm3' | 'helm4') =>
      renderFiles({ 'templates/all.yaml': kinds }, { compat }).manifests.map(({ head }) => head.kind)

    expect(order('helm3')).toEqual(['Service', 'Certificate', 'ValidatingWebhookConfiguration'])
    expect(order('helm4')).toEqual(['Service', 'ValidatingWebhookConfiguration', 'Certificate'])
  })
})
