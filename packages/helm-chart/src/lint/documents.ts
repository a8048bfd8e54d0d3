import { decodeStruct, type StructType } from '../json/decode.ts'
import { readTypedYaml } from '../yaml.ts'

/** What `helm lint` reads of an object. */
export interface ObjectHead {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
}

/** Fields without a name for JSON, which Go's errors show. */
const metadataType: StructType = {
  struct: 'rules.k8sYamlMetadata',
  fields: { Namespace: 'string', Name: 'string' },
}
const objectType: StructType = {
  struct: 'rules.k8sYamlStruct',
  fields: { apiVersion: 'string', Kind: 'string', Metadata: metadataType },
}

/** The head of a document; undefined for one that holds nothing. Throws an Error. */
export function readHead(document: string): ObjectHead | undefined {
  const value = readTypedYaml(document)
  if (value === null || value === undefined) return undefined
  const { apiVersion = '', Kind: kind = '', Metadata: metadata } = decodeStruct(value, objectType)
  const { Name: name = '' } = (metadata as { Name?: string } | undefined) ?? {}
  return { apiVersion, kind, name } as ObjectHead
}

/** A stream's documents as Kubernetes' decoder parts them: at lines that begin with `---`. Throws an Error. */
export function documentsOf(stream: string): string[] {
  const documents: string[] = []
  let lines: string[] = []
  for (const line of stream.split('\n')) {
    if (!line.startsWith('---')) {
      lines.push(line)
      continue
    }
    const rest = line.slice('---'.length).trim()
    if (rest !== '' && !rest.startsWith('#')) throw new Error(`invalid Yaml document separator: ${rest}`)
    documents.push(lines.join('\n'))
    lines = []
  }
  return [...documents, lines.join('\n')].filter((document) => document !== '')
}
