export { FakeCluster } from './fake-cluster.ts'
