import { checkPrimeSync } from 'node:crypto'
import { expect, it } from 'vitest'
import { randomPrime } from './random-prime.ts'

it.each([512, 513, 1023, 1024])('finds primes of %d bits, each another one', (bits) => {
  const found = Array.from({ length: 8 }, () => randomPrime(bits))

  expect(found.every((prime) => checkPrimeSync(prime))).toBe(true)
  expect(new Set(found).size).toBe(found.length)
  expect(found.map((prime) => prime.toString(2).slice(0, 2))).toEqual(found.map(() => '11'))
  expect(found.map((prime) => prime.toString(2).length)).toEqual(found.map(() => bits))
})
