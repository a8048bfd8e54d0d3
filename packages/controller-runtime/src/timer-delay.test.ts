import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { deadline } from './timer-delay.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

it('a deadline comes although garbage is collected and only a signal made of it is kept', async () => {
  const signal = AbortSignal.any([new AbortController().signal, deadline(300)])
  // A first turn of the loop lets go of what this one has made.
  await new Promise(setImmediate)
  collectGarbage()

  await expect.poll(() => signal.aborted, { timeout: 5_000 }).toBe(true)
})
