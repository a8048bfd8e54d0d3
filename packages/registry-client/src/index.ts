export { HelmRepositoryClient, type RepositoryIndex } from './helm-repository-client.ts'
export { type FetchedManifest, type PulledChart, RegistryClient } from './registry-client.ts'
export type { LoginData, RegistryAccess } from './registry-http.ts'
