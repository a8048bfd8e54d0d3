/** metav1.Time: RFC 3339 to the second. */
export function timestamp(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`
}
