export { type ImageInUse, ImagePolicies, type ImagePoliciesDeps } from './image-policies.ts'
export { crds } from './kind.ts'
