import { gzipSync } from 'node:zlib'
import tar from 'tar-stream'

/** A packaged chart with this Chart.yaml and these files more (or instead). */
export async function chartArchive(
  name: string,
  version: string,
  files: Record<string, string> = {},
  mtime: Date = new Date(0),
): Promise<Buffer> {
  const pack = tar.pack()
  const all = { 'Chart.yaml': `apiVersion: v2\nname: ${name}\nversion: ${version}\ndescription: a chart\n`, ...files }
  for (const [file, content] of Object.entries(all)) pack.entry({ name: `${name}/${file}`, mtime }, content)
  pack.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of pack) chunks.push(chunk as Buffer)
  return gzipSync(Buffer.concat(chunks))
}
