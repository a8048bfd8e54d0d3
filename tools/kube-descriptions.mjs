import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

/** Packages that are generated from Kubernetes' OpenAPI documents, with all that these say of kinds and fields. */
const PACKAGES = ['kubernetes-models', '@kubernetes-models/apimachinery']

/**
 * Writes what Kubernetes says of its kinds and fields, for `kubectl explain`: gzipped JSON of `{ [model]: { description, fields } }`,
 * where io.k8s.api.apps.v1.Deployment is the model IoK8sApiAppsV1Deployment.
 */
export function writeKubeDescriptions(file) {
  const described = PACKAGES.flatMap(declarations).flatMap((declaration) => {
    const [, model] = / as I(IoK8s\w+)/.exec(declaration) ?? []
    return model ? [[model, descriptionsOf(declaration)]] : []
  })
  writeFileSync(file, gzipSync(JSON.stringify(Object.fromEntries(described)), { level: 9 }))
}

function declarations(name) {
  const folder = fileURLToPath(new URL(`../node_modules/${name}/`, import.meta.url))
  const files = readdirSync(folder, { recursive: true }).filter((path) => path.endsWith('.d.ts'))
  return files.map((path) => readFileSync(`${folder}${path}`, 'utf8'))
}

const COMMENT = String.raw`\/\*\*\n((?:\s*\*(?!\/).*\n)+)\s*\*\/\n\s*`
const INTERFACE = new RegExp(`^${COMMENT}export interface`, 'm')
const FIELD = new RegExp(String.raw`${COMMENT}"([^"]+)"\??:`, 'g')

function descriptionsOf(declaration) {
  // The class that follows has the fields once more, without comments.
  const [structure] = declaration.split('export declare class')
  const [, description] = INTERFACE.exec(structure) ?? []
  const fields = [...structure.matchAll(FIELD)].map(([, text, name]) => [name, plain(text)])
  return { ...(description && { description: plain(description) }), fields: Object.fromEntries(fields) }
}

/** Without the stars of the comment, and without the backslashes before what would be Markdown in it. */
function plain(comment) {
  const lines = comment.split('\n').map((line) => line.replace(/^\s*\* ?/, ''))
  return lines
    .join('\n')
    .trim()
    .replaceAll(/\\([*_[\]<>`~#\\/])/g, '$1')
}
