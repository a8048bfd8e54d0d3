const MAX_REF_LENGTH = 1024
const MAX_REPOSITORY_NAME_LENGTH = 100

/** Whether git accepts a full ref name such as `refs/heads/master` (git-check-ref-format(1), rules 1 to 10). */
export function isValidRefName(name: string): boolean {
  if (name.length > MAX_REF_LENGTH || !name.includes('/') || name.endsWith('.') || name.includes('@{')) return false
  // Rules 4, 5 and 10: control characters, space and the characters of revision syntax and globs.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what the rule forbids.
  if (/[\u0000-\u0020\u007f~^:?*[\\]/.test(name) || name.includes('..')) return false
  return name.split('/').every((part) => part !== '' && !part.startsWith('.') && !part.endsWith('.lock'))
}

/**
 * Whether a name can be a repository of ours: letters, digits, `.`, `_`, `-`, beginning with a letter or digit, at most 100
 * characters. `.git` and `.lock` at the end mean something else to git, and `..` to file systems.
 */
export function isValidRepositoryName(name: string): boolean {
  return (
    name.length <= MAX_REPOSITORY_NAME_LENGTH &&
    /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name) &&
    !name.includes('..') &&
    !/\.(git|lock)$|\.$/i.test(name)
  )
}

/**
 * The repository that a path of a git URL names: `/AppA`, `AppA.git`, and `v3/<organisation>/<project>/AppA` as Azure DevOps
 * writes it over SSH. Undefined when it can be none.
 */
export function repositoryNameOf(path: string): string | undefined {
  const parts = path.replace(/^\/+/, '').replace(/\/+$/, '').split('/')
  const name = parts.length === 4 && parts[0] === 'v3' ? parts[3] : parts.length === 1 ? parts[0] : undefined
  const bare = name?.replace(/\.git$/, '')
  return bare !== undefined && isValidRepositoryName(bare) ? bare : undefined
}

/** A service of git that a client asks for, and the path that it names. */
export interface GitCommand {
  service: 'git-upload-pack' | 'git-receive-pack' | 'git-upload-archive'
  path: string
}

// What git sends over SSH is one program and one argument in single quotes, in which ' and ! are written '\'' and '\!' (quote.c).
const COMMAND =
  /^git[ -](?<service>upload-pack|receive-pack|upload-archive) (?<path>'(?:[^'\\]|'\\['!]')*'|[^\s'"\\$`;&|<>]+)$/

/** The git service in the command line of an SSH exec request; undefined for anything else, so that nothing else is ever run. */
export function parseGitCommand(line: string): GitCommand | undefined {
  const found = COMMAND.exec(line)?.groups
  if (!found?.service || !found.path) return undefined
  const path = found.path.startsWith("'") ? found.path.slice(1, -1).replace(/'\\(['!])'/g, '$1') : found.path
  return { service: `git-${found.service}` as GitCommand['service'], path }
}

/** The command line of an SSH exec request, quoted as git quotes it. */
export function writeGitCommand({ service, path }: GitCommand): string {
  return `${service} '${path.replace(/['!]/g, "'\\$&'")}'`
}
