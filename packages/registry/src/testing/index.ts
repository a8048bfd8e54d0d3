export { startRegistry, type TestRegistry } from './start-registry.ts'
