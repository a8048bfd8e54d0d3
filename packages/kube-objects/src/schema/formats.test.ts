import { expect, it } from 'vitest'
import { hasFormat } from './formats.ts'

// What kube-openapi's strfmt says of these.
it.each([
  ['byte', ['YQ==', 'YWI=', 'YWJj'], ['', 'YQ', '_-8=']],
  ['cidr', ['10.0.0.0/08', '::ffff:1.2.3.4/96'], ['10.0.0.0', '10.0.0.1/33', '10.0.0.0/+8']],
  ['creditcard', ['4111 1111 1111 1111'], ['', '4111111111111112', 'x']],
  ['duration', ['1h30m', '+0', '2 days', '1x 1s'], ['', '1', '1x']],
  [
    'email',
    ['A B <a@b>', '"a b"@c', "o'b@c", ' a@b (c)', 'a@[1.2.3.4]'],
    ['', 'a..b@c', '.a@b', 'a b@c', '<a@b >', '""@a'],
  ],
  ['ipv4', ['1.2.3.4', '01.2.3.4', '::ffff:1.2.3.4'], ['1.2.3', '256.1.1.1', '::1']],
  ['isbn', ['978-3-16-148410-0', '0321751043'], ['', '978-3-16-148410-1', '0321751044']],
  ['isbn10', ['080442957X'], ['978-3-16-148410-0']],
  ['isbn13', ['978-3-16-148410-0'], ['0321751043']],
  ['rgbcolor', ['rgb(1, 2,3)'], ['', 'rgb(1,2)', 'rgb(1,2,3,)', 'rgb(256,1,1)']],
  ['ssn', ['111-22-3333', '111 22 3333'], ['111223333']],
  [
    'uri',
    ['http://a?b c', 'urn:x y', '*', '/a b', 'http://[::1]:80', 'http://a/%20', 'mailto:a@b'],
    ['', 'x', ':a', 'http://[::1', 'http://a b/', 'http://a/%zz', 'http://a:b/', '/a\tb'],
  ],
])('knows the format %s', (format, right, wrong) => {
  expect([...right, ...wrong].filter((text) => hasFormat(text, format))).toEqual(right)
})

it('reads texts of any length in no time', () => {
  const begin = performance.now()
  for (const text of ['a'.repeat(1e5), 'a '.repeat(5e4), 'a.'.repeat(5e4), '"a'.repeat(1e4)]) {
    hasFormat(`${text}!`, 'email')
  }
  expect(performance.now() - begin).toBeLessThan(5000)
})
