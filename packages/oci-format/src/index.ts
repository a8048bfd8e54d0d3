export { type Digest, type DigestAlgorithm, digestOf, type Hash, isDigest, parseDigest } from './digest.ts'
export { isRepositoryName, isTag } from './grammar.ts'
export {
  artifactTypeOf,
  type Descriptor,
  type ImageIndex,
  type ImageManifest,
  type Manifest,
  parseManifest,
} from './manifest.ts'
export { isChartLayer, isIndexMediaType, manifestMediaTypes, mediaTypes } from './media-types.ts'
export { formatReference, parseReference, type Reference } from './reference.ts'
export {
  readSpecErrors,
  type SpecErrorBody,
  type SpecErrorCode,
  specErrorBody,
  specErrorStatus,
  specErrorsOf,
} from './spec-errors.ts'
