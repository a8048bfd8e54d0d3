/** `kernel/shm_rmid_forced` is `kernel.shm_rmid_forced`: the first separator says what the other one is (sysctl(8); component-helpers, NormalizeName). */
export function sysctlName(name: string): string {
  const first = /[./]/.exec(name)?.[0]
  return first === '/' ? name.replace(/[./]/g, (separator) => (separator === '/' ? '.' : '/')) : name
}
