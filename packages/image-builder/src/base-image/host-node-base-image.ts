import { execFile } from 'node:child_process'
import { readFile, realpath } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import type { ContainerEngine } from '@slipway/container-engine'
import { UserError } from '@slipway/errors'
import tar from 'tar-stream'

const run = promisify(execFile)

/** Puts a label on what was assembled here, so that nobody takes it for the image of that name. */
const ASSEMBLED_LABEL = 'slipway.dev/assembled-from'

const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt'
const PASSWD =
  'root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n'
const GROUP = 'root:x:0:\nnode:x:1000:\nnogroup:x:65534:\n'
/** The applets of busybox that images on this base may expect in a RUN line or a probe. */
const APPLETS =
  'sh cat cp mv rm mkdir ls echo env sleep touch chmod chown ln true false test wget id grep sed tar'.split(' ')

/**
 * Makes a small image from this machine's own node binary, the libraries that it loads, its certificates and a shell, and gives
 * it a name, so that a Dockerfile `FROM node:20-slim` builds where no registry can be reached. Resolves to node's version.
 * Throws UserError HOST_NODE_UNUSABLE when the binary cannot be taken apart.
 */
export async function hostNodeBaseImage(
  engine: ContainerEngine,
  { name, nodePath, signal }: { name: string; nodePath: string; signal?: AbortSignal },
): Promise<string> {
  const version = await nodeVersion(nodePath)
  const rootfs = await packRootfs(nodePath)
  const context = tar.pack()
  context.entry({ name: 'rootfs.tar' }, rootfs)
  context.entry(
    { name: 'Dockerfile' },
    `FROM scratch
ADD rootfs.tar /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin NODE_VERSION=${version}
LABEL ${ASSEMBLED_LABEL}=host-node
CMD ["node"]
`,
  )
  context.finalize()
  await engine.build({ context: Readable.from(context), tags: [name], ...(signal && { signal }) })
  return version
}

async function nodeVersion(nodePath: string): Promise<string> {
  try {
    return (await run(nodePath, ['--version'])).stdout.trim().replace(/^v/, '')
  } catch (cause) {
    throw new UserError('HOST_NODE_UNUSABLE', `${nodePath} does not run`, { cause })
  }
}

async function packRootfs(nodePath: string): Promise<Buffer> {
  const pack = tar.pack()
  for (const folder of [
    'bin',
    'etc',
    'home',
    'home/node',
    'proc',
    'root',
    'sys',
    'dev',
    'usr',
    'usr/local',
    'usr/local/bin',
  ]) {
    const owner = folder === 'home/node' ? { uid: 1000, gid: 1000 } : {}
    pack.entry({ name: folder, type: 'directory', mode: 0o755, ...owner })
  }
  pack.entry({ name: 'tmp', type: 'directory', mode: 0o1777 })
  pack.entry({ name: 'etc/passwd', mode: 0o644 }, PASSWD)
  pack.entry({ name: 'etc/group', mode: 0o644 }, GROUP)
  const shell = await shellBinary()
  const libraries = new Set(await librariesOf(nodePath))
  if (shell && !shell.busybox) for (const library of await librariesOf(shell.path)) libraries.add(library)
  await addFile(pack, 'usr/local/bin/node', nodePath)
  for (const library of libraries) await addFile(pack, library.slice(1), library)
  if (shell) await addFile(pack, shell.busybox ? 'bin/busybox' : 'bin/sh', shell.path)
  if (shell?.busybox) {
    for (const applet of APPLETS) pack.entry({ name: `bin/${applet}`, type: 'symlink', linkname: 'busybox' })
  }
  await addFile(pack, CERTIFICATES.slice(1), CERTIFICATES, 0o644).catch(() => {})
  pack.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of pack) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

async function addFile(pack: tar.Pack, name: string, source: string, mode = 0o755): Promise<void> {
  const content = await readFile(await realpath(source))
  pack.entry({ name, mode }, content)
}

/** Absolute paths of the shared libraries of a program, and of its loader. None for a static one. */
async function librariesOf(program: string): Promise<string[]> {
  try {
    const { stdout } = await run('ldd', [program])
    return [...stdout.matchAll(/(?:=>\s*|^\s*)(\/\S+)\s+\(0x/gm)].map(([, path]) => path as string)
  } catch (error) {
    // ldd ends with 1 for a static program and says so on either output.
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    if (/not a dynamic executable|statically linked/.test(stdout + stderr)) return []
    throw new UserError('HOST_NODE_UNUSABLE', `cannot list the libraries of ${program}`, {
      hint: 'install ldd',
      cause: error,
    })
  }
}

async function shellBinary(): Promise<{ path: string; busybox: boolean } | undefined> {
  for (const path of ['/bin/busybox', '/usr/bin/busybox']) {
    if ((await exists(path)) && (await librariesOf(path)).length === 0) return { path, busybox: true }
  }
  return (await exists('/bin/sh')) ? { path: '/bin/sh', busybox: false } : undefined
}

async function exists(path: string): Promise<boolean> {
  return realpath(path).then(
    () => true,
    () => false,
  )
}
