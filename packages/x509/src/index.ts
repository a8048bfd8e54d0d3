export {
  type CertificateFields,
  distinguishedName,
  keyBits,
  makeCertificate,
  readIssuer,
  type Signer,
} from './certificate.ts'
export {
  authorityKeyId,
  basicConstraints,
  extendedKeyUsage,
  KeyUse,
  keyUsage,
  Purpose,
  subjectAltName,
  subjectKeyId,
} from './extensions.ts'
