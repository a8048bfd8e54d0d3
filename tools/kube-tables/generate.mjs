// Writes all generated tables of the Kubernetes API.
// usage: node tools/kube-tables/generate.mjs REFERENCE [MODULES [VERSION]]
//   REFERENCE  folder of what a real API server says of itself: openapi-v3-schemas.json.gz, discovery-aggregated.json.gz, …
//   MODULES    Go's module cache below k8s.io, which has the sources of the API's types   (default: ~/go/pkg/mod/k8s.io)
//   VERSION    of the modules   (default: v0.34.4)
import { homedir } from 'node:os'
import { join } from 'node:path'
import { readGoStructs } from './go-structs.mjs'
import { writeInternalStructs } from './internal-structs.mjs'
import { writeObjectSchemas } from './object-schemas.mjs'
import { writeProtobufFields } from './protobuf-fields.mjs'
import { writeServerTables } from './server-tables.mjs'

const [reference, modules = join(homedir(), 'go/pkg/mod/k8s.io'), version = 'v0.34.4'] = process.argv.slice(2)
if (!reference) throw new Error('usage: generate.mjs REFERENCE [MODULES [VERSION]]')
const go = readGoStructs(modules, version)
writeObjectSchemas(reference, go)
writeProtobufFields(go)
writeInternalStructs(modules, version, go)
writeServerTables(reference)
