/** The results in a junit file of Kubernetes' suite: the full name of each spec that ran, and why it failed. */
export function parseJunit(xml) {
  const cases = xml.matchAll(/<testcase name="([^"]*)"[^>]*?status="([^"]*)"[^>]*?(?:\/>|>(.*?)<\/testcase>)/gs)
  return [...cases].map(([, name, status, body = '']) => ({
    name: decode(name).replace(/^\[It\] /, ''),
    status,
    reason: reasonOf(decode(/<(?:failure|error)[^>]*>(.*?)<\/(?:failure|error)>/s.exec(body)?.[1] ?? '')),
  }))
}

/** The table of all specs of the lists, and those of them that did not pass. */
export function conformanceTable(lists, results) {
  const ran = results.filter(({ status }) => status !== 'skipped')
  const rows = lists.map(({ name, specs }) => ({
    name,
    rows: specs.map((spec) => {
      // The suite appends the spec's labels to its text.
      const result = ran.find((one) => one.name === spec || one.name.startsWith(`${spec} [`))
      return { spec, passed: result?.status === 'passed', reason: result ? result.reason : 'did not run' }
    }),
  }))
  const failures = rows.flatMap((list) => list.rows).filter(({ passed }) => !passed)
  return { failures, markdown: markdownOf(rows) }
}

function markdownOf(lists) {
  const sections = lists.map(({ name, rows }) => {
    const passed = rows.filter((row) => row.passed).length
    const lines = rows.map(({ spec, passed, reason }) =>
      passed ? `| ${cell(spec)} | passed | |` : `| ${cell(spec)} | **failed** | ${cell(reason)} |`,
    )
    return [
      `## ${name}: ${passed} of ${rows.length}`,
      '',
      '| spec | result | reason |',
      '|---|---|---|',
      ...lines,
    ].join('\n')
  })
  return `# Kubernetes' conformance suite

What \`npm run conformance:kube\` last found: each spec of the suite of Kubernetes 1.34 that passes on a real cluster of one node, run
against \`slipway cluster\`. [compatibility.md](compatibility.md) says why the others fail.

${sections.join('\n\n')}
`
}

const cell = (text) => text.replaceAll('|', '\\|')

/** Of a failure's text what went wrong; the rest is where in the suite. */
function reasonOf(text) {
  const [what = ''] = text.split(/^In \[/m)
  return what
    .replace(/^\[\w+\] /, '')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 200)
}

function decode(text) {
  const entities = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }
  return text.replace(/&(#x?[0-9A-Fa-f]+|\w+);/g, (_, name) => {
    if (!name.startsWith('#')) return entities[name] ?? ''
    return String.fromCodePoint(name[1] === 'x' ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1)))
  })
}
