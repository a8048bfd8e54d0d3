export { GitRemote } from './git-remote.ts'
