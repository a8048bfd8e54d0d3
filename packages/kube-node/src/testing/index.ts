export { FakeCluster } from './fake-cluster.ts'
export { TinyRegistry } from './tiny-registry.ts'
