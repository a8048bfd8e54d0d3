export { locate } from './locate.ts'
export { type ParseOptions, parse, parseDocuments, type YamlDocument } from './parse.ts'
export { stringify } from './stringify.ts'
