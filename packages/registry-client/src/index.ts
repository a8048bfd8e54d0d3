export { HelmRepositoryClient, type RepositoryIndex } from './helm-repository-client.ts'
export { type ChartUpload, type FetchedManifest, type PulledChart, RegistryClient } from './registry-client.ts'
export type { LoginData, RegistryAccess, TlsOptions } from './registry-http.ts'
