export { Budget, checkTime, countWith, spend } from './budget.ts'
export { TemplateCache } from './cache.ts'
export { TemplateError } from './errors.ts'
export type { CompiledTemplate } from './execution.ts'
export { type FloatVerb, formatFloat } from './float.ts'
export { formatValue, sprint, sprintf, sprintln } from './fmt.ts'
export type { TemplateLimits } from './limits.ts'
export { compareStrings, sortedKeys } from './map-keys.ts'
export { parseFloat64, parseInteger } from './parse-number.ts'
export { quote, quoteRune, unquote } from './strconv.ts'
export { Template, type TemplateOptions } from './template.ts'
export { TextCache } from './text-cache.ts'
export { byteLength, bytesOf, stringOf } from './utf8.ts'
export {
  asNil,
  GoComplex,
  type GoFunction,
  GoInteger,
  integerOf,
  isMap,
  isNilCollection,
  isTemplateObject,
  type ParameterType,
  type Signature,
  TemplateObject,
  type TemplateObjectMembers,
  templateObjectOf,
  truth,
  typeOf,
  underlyingOf,
  withSignature,
  withType,
} from './values.ts'
