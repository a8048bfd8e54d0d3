// distribution-spec, "Pulling manifests": the grammar of <name> and of <reference> as a tag.
const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const NAME = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`)
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/

/** Longest repository name that is taken; Docker counts the host name in, so many clients stop at 255 together with it. */
const NAME_LIMIT = 255

/** Whether the text can name a repository. */
export function isRepositoryName(text: string): boolean {
  return text.length <= NAME_LIMIT && NAME.test(text)
}

/** Whether the text can be a tag. */
export function isTag(text: string): boolean {
  return TAG.test(text)
}
