export type { AccessAttributes, Authorizer } from './access/authorize.ts'
export type { User } from './api/request.ts'
export { ApiServer, type ApiServerOptions } from './api-server.ts'
export {
  type CertificateOptions,
  type CertificatePair,
  type Certificates,
  createCertificates,
  createClientCertificate,
  createFrontProxy,
  createKubeletCertificate,
  createServerCertificate,
} from './certificates.ts'
export type { Descriptions } from './discovery/descriptions.ts'
export { type KubeconfigInput, kubeconfigFor } from './kubeconfig.ts'
export { firstServiceAddress } from './strategy/allocators.ts'
