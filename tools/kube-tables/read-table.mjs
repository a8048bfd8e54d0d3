import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

/** One of the gzipped JSON files that a real API server wrote about itself. */
export function readTable(folder, name) {
  return JSON.parse(gunzipSync(readFileSync(join(folder, `${name}.json.gz`))).toString())
}
