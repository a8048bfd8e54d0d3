interface Rule {
  expression: RegExp
  include: boolean
}

/** What Flux leaves out of artifacts unless rules say otherwise (gitrepositories.md, "Default exclusions"). */
const DEFAULT_RULES = [
  '.git/,.gitignore,.gitmodules,.gitattributes',
  '*.jpg,*.jpeg,*.gif,*.png,*.wmv,*.flv,*.tar.gz,*.zip',
  '.github/,.circleci/,.travis.yml,.gitlab-ci.yml,appveyor.yml,.drone.yml,cloudbuild.yaml,codeship-services.yml,codeship-steps.yml',
  '**/.goreleaser.yml,**/.sops.yaml',
  '**/.flux.yaml',
].flatMap((line) => line.split(','))

/**
 * Which files of a tree belong into the artifact. Rules are those of gitignore(5); they come from the defaults, the `.sourceignore`
 * files and `spec.ignore`, which replaces the defaults. The last rule that matches the file or one of its folders decides.
 */
export function sourceFilter(
  ignoreFiles: { folder: string; text: string }[],
  specIgnore: string | undefined,
): (path: string) => boolean {
  const rules = [
    ...(specIgnore === undefined ? parseRules(DEFAULT_RULES.join('\n'), '') : []),
    ...ignoreFiles.flatMap(({ folder, text }) => parseRules(text, folder)),
    ...parseRules(specIgnore ?? '', ''),
  ]
  return (path) => rules.findLast(({ expression }) => expression.test(path))?.include ?? true
}

function parseRules(text: string, folder: string): Rule[] {
  return text.split(/\r?\n/).flatMap((line) => parseRule(line, folder) ?? [])
}

function parseRule(line: string, folder: string): Rule | undefined {
  // Trailing spaces count only when escaped.
  let pattern = line.replace(/(?<!\\)\s+$/, '')
  if (!pattern || pattern.startsWith('#')) return undefined
  const include = pattern.startsWith('!')
  if (include) pattern = pattern.slice(1)
  pattern = pattern.replace(/^\\(?=[#!])/, '')
  const folderOnly = pattern.endsWith('/')
  if (folderOnly) pattern = pattern.slice(0, -1)
  // A slash at the beginning or in the middle ties the pattern to its folder.
  const anchored = pattern.includes('/')
  const prefix = (folder ? `${quote(folder)}/` : '') + (anchored ? '' : '(?:.*/)?')
  const body = translate(pattern.replace(/^\//, ''))
  try {
    return { expression: new RegExp(`^${prefix}${body}${folderOnly ? '/' : '(?:/|$)'}`), include }
  } catch {
    return undefined
  }
}

function translate(pattern: string): string {
  const token = /\*\*\/|\/\*\*$|\*+|\?|\[(?:!|\^)?\]?[^\]]*\]|\\.|[^*?[\\]+|./gs
  return pattern.replace(token, (part) => {
    if (part === '**/') return '(?:.*/)?'
    if (part === '/**') return '/.+'
    if (part.startsWith('*')) return '[^/]*'
    if (part === '?') return '[^/]'
    if (part.startsWith('[') && part.length > 1) return part.replace(/^\[[!^]/, '[^').replace(/\\/g, '\\\\')
    return quote(part.length === 2 && part.startsWith('\\') ? part.slice(1) : part)
  })
}

function quote(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}
