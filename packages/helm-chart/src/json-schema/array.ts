import type { Values } from '../values/value.ts'
import { isLess, isMore, limit, shownJson } from './scalars.ts'
import type { SchemaCheck } from './validate.ts'

/** The keywords for arrays. */
export function checkArray(check: SchemaCheck, keywords: Values, items: readonly unknown[]): void {
  limit(check, keywords, { keyword: 'minItems', got: items.length, isBroken: isLess })
  limit(check, keywords, { keyword: 'maxItems', got: items.length, isBroken: isMore })
  if (keywords.uniqueItems === true) checkUnique(check, items)
  checkItems(check, keywords, items)
  if (keywords.contains !== undefined) checkContains(check, keywords, items)
}

/** Tells of the first item that was there before: items are the same when their JSON is. */
function checkUnique(check: SchemaCheck, items: readonly unknown[]): void {
  const places = new Map<string, number>()
  for (const [index, item] of items.entries()) {
    const text = shownJson(item ?? null)
    const before = places.get(text)
    if (before !== undefined) {
      check.fail(`items at ${before} and ${index} are equal`)
      return
    }
    places.set(text, index)
  }
}

function checkItems(check: SchemaCheck, keywords: Values, items: readonly unknown[]): void {
  const isNew = check.draft >= 2020
  const isTuple = Array.isArray(keywords.items)
  const leading = isNew ? keywords.prefixItems : keywords.items
  const first: readonly unknown[] = Array.isArray(leading) ? leading : []
  const rest = isTuple ? keywords.additionalItems : keywords.items
  const known = Math.min(first.length, items.length)
  const checkItem = (schema: unknown, item: unknown, index: number) =>
    check.add(check.child(schema, String(index), item))
  for (let i = 0; i < known; i++) {
    check.markEvaluated(String(i))
    checkItem(first[i], items[i], i)
  }
  if (rest === undefined || known === items.length) return
  for (let i = known; i < items.length; i++) check.markEvaluated(String(i))
  if (rest === false && isTuple) {
    check.fail(`last ${items.length - known} additionalItem(s) not allowed`)
    return
  }
  // The library counts the places of these from 0 again.
  for (let i = known; i < items.length; i++) checkItem(rest, items[i], i - known)
}

function checkContains(check: SchemaCheck, keywords: Values, items: readonly unknown[]): void {
  const { contains, minContains, maxContains } = keywords
  const failures = items.map((item, index) => check.child(contains, String(index), item))
  const matched = failures.flatMap((failure, index) => (failure ? [] : [index]))
  if (check.draft >= 2020) for (const index of matched) check.markEvaluated(String(index))
  const causes = failures.filter((failure) => failure !== undefined)
  const found =
    matched.length === 0 ? 'but none matched' : `but matched ${matched.length} items at ${matched.join(' ')}`
  if (typeof minContains === 'number') {
    if (matched.length < minContains) {
      check.fail(`min ${minContains} items required to match contains schema, ${found}`, causes)
    }
  } else if (matched.length === 0) check.fail('no items match contains schema', causes)
  if (typeof maxContains === 'number' && matched.length > maxContains) {
    check.fail(`max ${maxContains} items required to match contains schema, ${found}`)
  }
}
