export { FakeCluster } from './fake-cluster.ts'
export { testIdentity } from './test-identity.ts'
export { engineWith, startTestNode } from './test-node.ts'
export { TinyRegistry } from './tiny-registry.ts'
