import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

const TARGET = join(import.meta.dirname, '../../packages/kube-apiserver/src/generated')

/** Writes a table of the API server as a module that holds it packed. */
export function writePackedTable(name, value) {
  mkdirSync(TARGET, { recursive: true })
  // A fixed compression level and no time stamp: the same input gives the same file.
  const data = gzipSync(JSON.stringify(value), { level: 9 }).toString('base64')
  writeFileSync(
    join(TARGET, `${name}.ts`),
    `// Written by tools/kube-tables/generate.mjs; do not edit.\n/** Base64 of gzipped JSON. */\nexport const data =\n  '${data}'\n`,
  )
}
