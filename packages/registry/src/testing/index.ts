export { chartArchive } from './chart-archive.ts'
export { endpoints } from './endpoints.ts'
export { startRegistry, type TestRegistry } from './start-registry.ts'
export { basic, type Sent, sha256, TestClient } from './test-client.ts'
