/** Smaller primes are tried as divisors: beyond, a test of what is left costs less than more of them. */
const SMALL = 2 ** 16
/** Numbers that are looked through from one random start; a prime is not among them once in 60,000 starts of 1024 bits. */
const WINDOW = 4096
/** Miller and Rabin's tests beyond the first: an error once in 2^100 numbers of 512 bits and more (FIPS 186-5, table B.1). */
const ROUNDS = 5

interface SmallPrime {
  prime: number
  /** What gives 1 with 4. */
  quarter: number
}

/**
 * A random prime of so many bits, at least 512, that leaves 3 when it is divided by 4; its two highest bits are set, so that two of them
 * have a product of twice the length. OpenSSL's generatePrimeSync tests each prime 64 times, whatever one asks for, and takes twice
 * the time.
 */
export function randomPrime(bits: number): bigint {
  for (;;) {
    const start = randomBits(bits) | (3n << BigInt(bits - 2)) | 3n
    for (const offset of withoutSmallFactors(start)) {
      const candidate = start + BigInt(offset)
      if (isProbablePrime(candidate, bits)) return candidate
    }
  }
}

function randomBits(bits: number): bigint {
  const { randomBytes } = process.getBuiltinModule('node:crypto')
  return BigInt.asUintN(bits, BigInt(`0x${randomBytes(Math.ceil(bits / 8)).toString('hex')}`))
}

/** What to add to `start` for each number in the window that no small prime divides. */
function* withoutSmallFactors(start: bigint): Generator<number> {
  const isComposite = new Uint8Array(WINDOW)
  smallPrimes ??= groupedSmallPrimes()
  for (const { product, primes } of smallPrimes) {
    const rest = Number(start % product)
    for (const { prime, quarter } of primes) {
      const first = ((prime - (rest % prime)) * quarter) % prime
      for (let index = first; index < WINDOW; index += prime) isComposite[index] = 1
    }
  }
  for (let index = 0; index < WINDOW; index++) if (isComposite[index] === 0) yield 4 * index
}

/** Made at the first use. */
let smallPrimes: ReturnType<typeof groupedSmallPrimes> | undefined

/** Three at a time: one division of a long number serves all whose product is exact in a Number. */
function groupedSmallPrimes(): { product: bigint; primes: SmallPrime[] }[] {
  const isComposite = new Uint8Array(SMALL)
  const found: SmallPrime[] = []
  for (let prime = 3; prime < SMALL; prime += 2) {
    if (isComposite[prime] !== 0) continue
    for (let multiple = prime * prime; multiple < SMALL; multiple += 2 * prime) isComposite[multiple] = 1
    found.push({ prime, quarter: (prime % 4 === 3 ? prime + 1 : 3 * prime + 1) / 4 })
  }
  return Array.from({ length: Math.ceil(found.length / 3) }, (_, index) => {
    const primes = found.slice(3 * index, 3 * index + 3)
    return { product: primes.reduce((product, { prime }) => product * BigInt(prime), 1n), primes }
  })
}

/**
 * Miller and Rabin's test to base 2 and to random ones. For a number that leaves 3 when divided by 4 it is one power:
 * base^((n-1)/2) is 1 or -1.
 */
function isProbablePrime(candidate: bigint, bits: number): boolean {
  const power = powersModulo(candidate, (candidate - 1n) / 2n, bits)
  const passes = (base: bigint): boolean => {
    const result = power(base)
    return result === 1n || result === candidate - 1n
  }
  if (!passes(2n)) return false
  for (let round = 0; round < ROUNDS; round++) if (!passes(randomBits(bits - 1) | 1n)) return false
  return true
}

/** Powers by OpenSSL, as "encryption" with RSA is nothing else (RFC 8017, 5.1.1): ten times as fast as with numbers of JavaScript. */
function powersModulo(modulus: bigint, exponent: bigint, bits: number): (base: bigint) => bigint {
  const { constants, createPublicKey, publicEncrypt } = process.getBuiltinModule('node:crypto')
  const bytes = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(2 * Math.ceil(bits / 8), '0'), 'hex')
  const base64Url = (value: bigint): string => bytes(value).toString('base64url')
  const key = createPublicKey({ format: 'jwk', key: { kty: 'RSA', n: base64Url(modulus), e: base64Url(exponent) } })
  return (base) => BigInt(`0x${publicEncrypt({ key, padding: constants.RSA_NO_PADDING }, bytes(base)).toString('hex')}`)
}
