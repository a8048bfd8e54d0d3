import { setTimeout as sleep } from 'node:timers/promises'
import { isApiError } from './api-error.ts'

/** client-go's retry.DefaultRetry. */
const ATTEMPTS = 5
const PAUSE_MS = 10

/**
 * Runs a read-modify-write of an object that others write too, anew for as long as it meets KUBE_CONFLICT: five times at most,
 * 10 ms apart. `change` has to read the object each time.
 */
export async function retryOnConflict<T>(change: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await change()
    } catch (error) {
      if (attempt === ATTEMPTS || !isApiError(error, 'KUBE_CONFLICT')) throw error
      await sleep(PAUSE_MS)
    }
  }
}
