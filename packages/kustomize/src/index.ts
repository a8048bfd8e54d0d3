export { type BuiltObject, build } from './build.ts'
export { hasKustomization, type Tree } from './tree.ts'
