import { UserError } from '@slipway/errors'
import { fits, GAP, type Wildcard } from '@slipway/git-format'

interface Rule {
  /** Of the parts of a path. */
  pattern: Wildcard<string>
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

/** Rules that are asked about files, so many together: the work of a second or two. */
const MOST_QUESTIONS = 50_000_000

/**
 * Which of so many files of a tree belong into the artifact. Rules are those of gitignore(5); they come from the defaults, the
 * `.sourceignore` files and `spec.ignore`, which replaces the defaults. The last rule that matches the file or one of its folders
 * decides. Throws UserError ARTIFACT_TOO_LARGE when there are too many rules for so many files.
 */
export function sourceFilter(
  ignoreFiles: { folder: string; text: string }[],
  specIgnore: string | undefined,
  files: number,
): (path: string) => boolean {
  const rules = [
    ...(specIgnore === undefined ? parseRules(DEFAULT_RULES.join('\n'), '') : []),
    ...ignoreFiles.flatMap(({ folder, text }) => parseRules(text, folder)),
    ...parseRules(specIgnore ?? '', ''),
  ]
  if (rules.length * files > MOST_QUESTIONS) {
    throw new UserError(
      'ARTIFACT_TOO_LARGE',
      `${rules.length} rules of what to ignore are too many for ${files} files`,
      {
        hint: 'take rules together with wildcards',
      },
    )
  }
  return (path) => {
    const parts = path.split('/')
    return rules.findLast(({ pattern }) => fits(pattern, parts))?.include ?? true
  }
}

function parseRules(text: string, folder: string): Rule[] {
  return text.split(/\r?\n/).flatMap((line) => parseRule(line, folder) ?? [])
}

function parseRule(line: string, folder: string): Rule | undefined {
  let pattern = withoutTrailingSpace(line)
  if (!pattern || pattern.startsWith('#')) return undefined
  const include = pattern.startsWith('!')
  if (include) pattern = pattern.slice(1)
  pattern = pattern.replace(/^\\(?=[#!])/, '')
  const folderOnly = pattern.endsWith('/')
  if (folderOnly) pattern = pattern.slice(0, -1)
  // A slash at the beginning or in the middle ties the pattern to its folder.
  const isAnchored = pattern.includes('/')
  const parts = pattern.replace(/^\//, '').split('/')
  const tests = parts.map((part, index) => (part === '**' && index < parts.length - 1 ? GAP : partTest(part)))
  if (!tests.every((test) => test !== undefined)) return undefined
  const above = folder ? folder.split('/').map((name) => (part: string) => part === name) : []
  // What is in a folder that the rule is about, it is about too.
  const below: Wildcard<string> = folderOnly ? [isAny, GAP] : [GAP]
  const beside: Wildcard<string> = isAnchored ? [] : [GAP]
  return { pattern: [...above, ...beside, ...tests, ...below], include }
}

/** Trailing spaces count only when escaped. */
function withoutTrailingSpace(line: string): string {
  const bare = line.trimEnd()
  return bare.endsWith('\\') ? line.slice(0, bare.length + 1) : bare
}

const isAny = (): boolean => true

/** What a part of a pattern says of a part of a path; undefined when it is malformed, which fits nothing. */
function partTest(pattern: string): ((part: string) => boolean) | undefined {
  const tests: Wildcard<string>[number][] = []
  // One after the other: the first that is malformed is the last that is looked at.
  for (const [token] of pattern.matchAll(/\*+|\?|\[(?:!|\^)?\]?[^\]]*\]|\\.|./gsu)) {
    const test = charTest(token)
    if (!test) return undefined
    tests.push(test)
  }
  return (part) => fits(tests, Array.from(part))
}

function charTest(token: string): Wildcard<string>[number] | undefined {
  if (token.startsWith('*')) return GAP
  if (token === '?') return isAny
  if (token === '[' || token === '\\') return undefined
  if (token.startsWith('[')) return classTest(token)
  const literal = token.startsWith('\\') ? token.slice(1) : token
  return (char) => char === literal
}

function classTest(token: string): ((char: string) => boolean) | undefined {
  const [, not = '', set = ''] = /^\[([!^]?)(.*)\]$/su.exec(token) ?? []
  const plain = set.replace(/\\(.)/gsu, '$1').replace(/[\\\][^]/g, '\\$&')
  try {
    const expression = new RegExp(`[${not && '^'}${plain}]`, 'u')
    return (char) => expression.test(char)
  } catch {
    // A range that ends before it begins.
    return undefined
  }
}
