/** Attributes that lead somewhere, by the element that has them (the HTML standard's index of attributes). */
const LINKS: Record<string, string[]> = {
  a: ['href'],
  applet: ['codebase'],
  area: ['href'],
  audio: ['src'],
  base: ['href'],
  blockquote: ['cite'],
  body: ['background'],
  button: ['formaction'],
  command: ['icon'],
  del: ['cite'],
  embed: ['src'],
  form: ['action'],
  frame: ['longdesc', 'src'],
  head: ['profile'],
  html: ['manifest'],
  iframe: ['longdesc', 'src'],
  img: ['longdesc', 'src', 'usemap'],
  input: ['src', 'usemap', 'formaction'],
  ins: ['cite'],
  link: ['href'],
  object: ['classid', 'codebase', 'data', 'usemap'],
  q: ['cite'],
  script: ['src'],
  source: ['src'],
  video: ['poster', 'src'],
}

/** Elements whose content is text, whatever looks like a tag in it. */
const RAW = new Set(['script', 'style', 'title', 'textarea', 'xmp', 'iframe', 'noembed', 'noframes'])
const NAME = /<([a-z][^\s/>]*)/iy
/** What is between attributes, or one of them. Each character is looked at a few times at most, whatever the page. */
const PART = /[\s/]+|([^\s/>=][^\s/>=]*)(?:(\s*=\s*)("[^"]*"|'[^']*'|[^\s>"'][^\s>]*))?|=/y

/** The page with every link of its elements changed by `rewrite`; what is no link stays as it is. */
export function rewriteLinks(html: string, rewrite: (link: string) => string): string {
  let out = ''
  let at = 0
  while (at < html.length) {
    const open = html.indexOf('<', at)
    if (open < 0) break
    out += html.slice(at, open)
    if (html.startsWith('<!--', open)) {
      const end = html.indexOf('-->', open + 4)
      at = end < 0 ? html.length : end + 3
      out += html.slice(open, at)
      continue
    }
    const tag = readTag(html, open, rewrite)
    out += tag.text
    at = tag.end
    if (!RAW.has(tag.element)) continue
    const close = new RegExp(`</${tag.element}`, 'gi')
    close.lastIndex = at
    const end = close.exec(html)?.index ?? html.length
    out += html.slice(at, end)
    at = end
  }
  return out + html.slice(at)
}

/** A tag that begins at `open`; what is none is the text of one character. */
function readTag(html: string, open: number, rewrite: (link: string) => string) {
  NAME.lastIndex = open
  const element = NAME.exec(html)?.[1]?.toLowerCase()
  if (element === undefined) return { element: '', text: '<', end: open + 1 }
  const links = LINKS[element] ?? []
  let [text, end] = [html.slice(open, NAME.lastIndex), NAME.lastIndex]
  for (;;) {
    PART.lastIndex = end
    const [part, name = '', equals = '', value] = PART.exec(html) ?? []
    if (part === undefined) return { element, text, end }
    end = PART.lastIndex
    text += value !== undefined && links.includes(name.toLowerCase()) ? name + equals + changed(value, rewrite) : part
  }
}

function changed(value: string, rewrite: (link: string) => string): string {
  const [quote = ''] = /^["']/.exec(value) ?? []
  return quote + rewrite(quote ? value.slice(1, -1) : value) + quote
}
