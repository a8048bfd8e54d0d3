import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCertificates } from '@slipway/kube-apiserver'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DataFolder } from '../data-folder.ts'
import { openCertificates, openKubeletCertificate } from './certificates.ts'

let path: string
let folder: DataFolder
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'slipway-certificates-'))
  folder = new DataFolder(path)
})
afterEach(() => rmSync(path, { recursive: true }))

describe('the certificate of a kubelet', () => {
  const names = { node: 'slipway', hosts: ['10.64.3.254', 'slipway', 'machine'] }

  it('names its node, serves under all its names, and is of the CA', async () => {
    const { ca } = await createCertificates({ now: new Date() })
    const { cert } = await openKubeletCertificate(folder, ca, names)

    const certificate = new X509Certificate(cert)
    expect(certificate.subject.split('\n')).toEqual(['CN=system:node:slipway', 'O=system:nodes'])
    expect(certificate.checkIP('10.64.3.254')).toBe('10.64.3.254')
    expect(certificate.checkHost('machine')).toBe('machine')
    expect(certificate.checkHost('kubernetes')).toBeUndefined()
    expect(certificate.verify(new X509Certificate(ca.cert).publicKey)).toBe(true)
  })

  it('stays the same until the names or the CA are others', async () => {
    const { ca } = await createCertificates({ now: new Date() })
    const { ca: another } = await createCertificates({ now: new Date() })
    const first = await openKubeletCertificate(folder, ca, names)
    const again = await openKubeletCertificate(folder, ca, names)
    const renamed = await openKubeletCertificate(folder, ca, { ...names, hosts: ['10.64.7.254'] })
    const restored = await openKubeletCertificate(folder, another, { ...names, hosts: ['10.64.7.254'] })

    expect(again).toEqual(first)
    expect(new X509Certificate(renamed.cert).checkIP('10.64.7.254')).toBe('10.64.7.254')
    expect(new X509Certificate(restored.cert).verify(new X509Certificate(another.cert).publicKey)).toBe(true)
  })
})

describe('the certificates of the API', () => {
  const DAY = 86_400_000
  const later = (days: number): Date => new Date(Date.now() + days * DAY)

  it.each([
    ['before their time', -10],
    ['after their time', 4000],
  ])('are refused %s, for all of them are of the one CA', async (_, days) => {
    await openCertificates(folder, ['127.0.0.1'])

    await expect(openCertificates(folder, ['127.0.0.1'], later(days))).rejects.toMatchObject({
      code: 'CERTIFICATES_NOT_VALID',
      hint: expect.stringContaining('pki.json'),
    })
  })

  it('are made anew where they can be: those of the server and of a kubelet that a clock was wrong for', async () => {
    const { ca, client } = await openCertificates(folder, ['127.0.0.1'])
    const node = { node: 'slipway', hosts: ['slipway'] }
    const [ahead] = await Promise.all([
      openCertificates(folder, ['127.0.0.1', '10.0.0.1'], later(30)),
      openKubeletCertificate(folder, ca, { ...node, now: later(30) }),
    ])

    const after = await openCertificates(folder, ['127.0.0.1', '10.0.0.1'])
    const kubelet = await openKubeletCertificate(folder, ca, node)

    expect(after).toMatchObject({ ca, client })
    expect(after.server).not.toEqual(ahead.server)
    for (const { cert } of [after.server, kubelet]) {
      expect(new Date(new X509Certificate(cert).validFrom).getTime()).toBeLessThan(Date.now())
    }
  })

  it('are made anew where there are none, and called damaged where they are none', async () => {
    const made = await openCertificates(folder, ['127.0.0.1'])

    expect(await openCertificates(folder, ['127.0.0.1'])).toEqual(made)
    for (const other of ['{}', JSON.stringify({ ...made, server: { cert: 'CERTIFICATE', key: '' } })]) {
      folder.write('pki.json', other)
      await expect(openCertificates(folder, ['127.0.0.1'])).rejects.toMatchObject({ code: 'DATA_FILE_DAMAGED' })
    }
  })
})
