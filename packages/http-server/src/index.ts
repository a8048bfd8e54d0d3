export { readBody, sendJson } from './body.ts'
export {
  type HttpHandler,
  type HttpRoute,
  HttpServer,
  type HttpServerOptions,
  type UpgradeHandler,
} from './http-server.ts'
export { type Authenticator, type Credentials, type Identity, readCredentials } from './identity.ts'
