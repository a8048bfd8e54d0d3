/**
 * Runs a step `count` times, in batches of 1, 2, 4, …: what fails every time fails once only (kube-controller-manager,
 * slowStartBatch). Resolves to how many succeeded and the first error.
 */
export async function slowStart(
  count: number,
  step: (index: number) => Promise<unknown>,
): Promise<{ done: number; error?: unknown }> {
  let done = 0
  for (let size = 1; done < count; size *= 2) {
    const batch = Array.from({ length: Math.min(size, count - done) }, (_, index) => step(done + index))
    const results = await Promise.allSettled(batch)
    done += results.filter(({ status }) => status === 'fulfilled').length
    const failed = results.find((result) => result.status === 'rejected')
    if (failed) return { done, error: failed.reason }
  }
  return { done }
}
