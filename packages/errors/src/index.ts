export { classOf, describeError, exitCodeOf, formatPlace, messageOf } from './describe.ts'
export {
  BugError,
  type ErrorClass,
  type ErrorOptions,
  type Place,
  SlipwayError,
  TransientError,
  UserError,
} from './errors.ts'
export { networkFault } from './network-fault.ts'
