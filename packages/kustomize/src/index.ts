export { type BuildOptions, type BuiltObject, build, buildText } from './build.ts'
export { toldOf } from './fault.ts'
export { hasKustomization, type Tree } from './tree.ts'
