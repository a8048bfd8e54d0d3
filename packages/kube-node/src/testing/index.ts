export { FakeCluster } from './fake-cluster.ts'
export { testIdentity } from './test-identity.ts'
export { TinyRegistry } from './tiny-registry.ts'
