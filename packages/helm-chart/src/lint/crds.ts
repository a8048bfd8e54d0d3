import { stringOf } from '@slipway/go-template'
import { type Chart, crdsOf } from '../chart/chart.ts'
import { documentsOf, readHead } from './documents.ts'
import type { Findings } from './findings.ts'

/** Whether the files of crds/ hold CustomResourceDefinitions, and no templates. */
export function lintCrds(findings: Findings, load: () => Chart): void {
  const chart = findings.attempt('crds/', load)
  for (const { path, data } of chart ? crdsOf(chart) : []) {
    const file = path.slice(path.indexOf('/crds/') + 1)
    const heads = findings.attempt(file, () => documentsOf(stringOf(data)).map(readHead), 'unable to parse YAML: ')
    if (!heads) return
    for (const head of heads) {
      if (!head) continue
      const isForeign = !head.apiVersion.startsWith('apiextensions.k8s.io')
      findings.check('ERROR', file, isForeign ? "apiVersion is not in 'apiextensions.k8s.io'" : undefined)
      const isOther = head.kind !== 'CustomResourceDefinition'
      findings.check('ERROR', file, isOther ? "object kind is not 'CustomResourceDefinition'" : undefined)
    }
  }
}
