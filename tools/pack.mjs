/**
 * `npm run pack:packages [FOLDER]`: the chart engine as npm packages that others can install: JavaScript modules and their
 * declarations, one tarball for each package. In the workspace a package exports its TypeScript, which plain Node.js
 * refuses below node_modules; that is why these are private there, and only what is made here can be published.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const root = fileURLToPath(new URL('..', import.meta.url))
/** What somebody would install by name; what it needs of the workspace is packed with it. */
const wanted = ['go-template', 'helm-chart']
const own = '@slipway/'

/** The packages and all that they depend on here. */
function withSiblings(names) {
  const all = new Set(names)
  for (const name of all) {
    const siblings = Object.keys(manifestOf(name).dependencies).filter((dependency) => dependency.startsWith(own))
    for (const sibling of siblings) all.add(sibling.slice(own.length))
  }
  return [...all]
}

function manifestOf(name) {
  return JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'))
}

/** Writes <name>/src/… for each package: only what its index reaches, so no tests. */
function compile(names, outDir) {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  const { noEmit, incremental, tsBuildInfoFile, allowImportingTsExtensions, ...shared } = config.compilerOptions
  const emitted = { declaration: true, rewriteRelativeImportExtensions: true, rootDir: join(root, 'packages'), outDir }
  // The globals of a page, and none of Node's.
  const globals = { lib: ['es2023', 'dom'], types: [] }
  const { options } = ts.convertCompilerOptionsFromJson({ ...shared, ...globals, ...emitted }, root)
  const program = ts.createProgram(
    names.map((name) => join(root, 'packages', name, 'src/index.ts')),
    options,
  )
  const { diagnostics } = program.emit(undefined, (file, text) => ts.sys.writeFile(file, withModulePaths(file, text)))
  const faults = [...ts.getPreEmitDiagnostics(program), ...diagnostics]
  if (faults.length === 0) return
  const host = { getCurrentDirectory: () => root, getCanonicalFileName: (name) => name, getNewLine: () => '\n' }
  throw new Error(ts.formatDiagnostics(faults, host))
}

/** The compiler puts .js for .ts into modules only; compilers before it and other tools want it in declarations too. */
function withModulePaths(file, text) {
  return file.endsWith('.d.ts') ? text.replaceAll(/((?:from|import\() ?['"]\.[^'"]*)\.ts(['"])/g, '$1.js$2') : text
}

/** The package.json of what is published; siblings are dependencies like any other. */
function publishedManifest(name) {
  const { private: _, exports: __, dependencies, ...metadata } = manifestOf(name)
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  return {
    ...metadata,
    engines,
    exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
    files: ['dist'],
    dependencies,
  }
}

function pack(name, compiled, destination) {
  const folder = join(compiled, name)
  cpSync(join(folder, 'src'), join(folder, 'dist'), { recursive: true })
  cpSync(join(root, 'packages', name, 'README.md'), join(folder, 'README.md'))
  cpSync(join(root, 'LICENSE'), join(folder, 'LICENSE'))
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(publishedManifest(name), null, 2)}\n`)
  const printed = execFileSync('npm', ['pack', '--json', '--pack-destination', destination], { cwd: folder })
  return join(destination, JSON.parse(printed)[0].filename)
}

const destination = resolve(process.argv[2] ?? 'dist')
const compiled = mkdtempSync(join(tmpdir(), 'slipway-pack-'))
try {
  const names = withSiblings(wanted)
  compile(names, compiled)
  mkdirSync(destination, { recursive: true })
  for (const name of names) console.log(pack(name, compiled, destination))
} finally {
  rmSync(compiled, { recursive: true, force: true })
}
