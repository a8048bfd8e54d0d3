export { MemoryApiServer, type ServedKind } from './memory-api-server.ts'
