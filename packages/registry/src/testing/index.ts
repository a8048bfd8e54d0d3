export { chartArchive } from './chart-archive.ts'
export { startRegistry, type TestRegistry } from './start-registry.ts'
