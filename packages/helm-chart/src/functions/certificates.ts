import { withSignature } from '@slipway/go-template'
import type { Platform } from '../platform.ts'
import type { FunctionTable } from './table.ts'

const names = [
  'genPrivateKey',
  'derivePassword',
  'buildCustomCert',
  'genCA',
  'genCAWithKey',
  'genSelfSignedCert',
  'genSelfSignedCertWithKey',
  'genSignedCert',
  'genSignedCertWithKey',
  'encryptAES',
  'decryptAES',
]

/** Sprig's keys, certificates and ciphers. */
export function certificateFunctions(_platform: Platform): FunctionTable {
  const unsupported = (name: string) =>
    withSignature(
      ['any'],
      () => {
        throw new Error(`${name} is not supported`)
      },
      { variadic: true },
    )
  return Object.fromEntries(names.map((name) => [name, unsupported(name)]))
}
