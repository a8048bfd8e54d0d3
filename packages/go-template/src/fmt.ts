/** Go's fmt.Sprintf. */
export function sprintf(format: string, ..._args: unknown[]): string {
  return format
}
/** Go's fmt.Sprint: a space between operands when neither is a string. */
export function sprint(...args: unknown[]): string {
  return args.map(formatValue).join(' ')
}
/** Go's fmt.Sprintln: spaces between all operands and a newline. */
export function sprintln(...args: unknown[]): string {
  return `${args.map(formatValue).join(' ')}\n`
}
/** A value as `%v` shows it. */
export function formatValue(value: unknown): string {
  return String(value)
}
