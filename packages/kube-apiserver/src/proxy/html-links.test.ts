import { describe, expect, it } from 'vitest'
import { rewriteLinks } from './html-links.ts'

const below = (link: string) => (link.startsWith('/') ? `/proxy${link}` : link)

describe('rewriteLinks', () => {
  it.each([
    [
      'links of any quoting',
      `<a href="/a"><a class=x href=/b><IMG SRC='/c'/>`,
      `<a href="/proxy/a"><a class=x href=/proxy/b><IMG SRC='/proxy/c'/>`,
    ],
    ['what is relative or elsewhere stays', '<a href="a"><a href=https://x/y>', '<a href="a"><a href=https://x/y>'],
    [
      'attributes that lead nowhere',
      '<a title="/a" data-href=/b><b href="/c">',
      '<a title="/a" data-href=/b><b href="/c">',
    ],
    [
      'forms, pages and scripts',
      '<form action=/f><link rel=x href="/l"><script src="/s"></script>',
      '<form action=/proxy/f><link rel=x href="/proxy/l"><script src="/proxy/s"></script>',
    ],
    [
      'text of scripts and comments',
      `<script>"<a href='/a'>"</script><!-- <a href="/b"> -->`,
      `<script>"<a href='/a'>"</script><!-- <a href="/b"> -->`,
    ],
    ['text around, and what is no tag', 'a < b <a\n href = "/x">y</a> & z', 'a < b <a\n href = "/proxy/x">y</a> & z'],
    ['what ends too early', '<a href="/x', '<a href="/x'],
  ])('%s', (_, html, expected) => {
    expect(rewriteLinks(html, below)).toBe(expected)
  })

  it.each([
    '<',
    '<!--',
    '<a ',
    '<a b="',
    `<a b='"`,
    '<script>',
    '</script',
    '= ',
  ])('takes no more than the length of a page of %j', (part) => {
    const page = part.repeat(200_000)

    expect(rewriteLinks(page, below)).toBe(page)
  })
})
