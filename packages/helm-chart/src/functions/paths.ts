import { withSignature } from '@slipway/go-template'
import { baseName, cleanPath, dirName, extension } from '../chart/path.ts'
import type { FunctionTable } from './table.ts'

const path1 = (fn: (path: string) => unknown) => withSignature(['string'], fn)
const isAbsolute = (path: string) => path.startsWith('/')

/** Sprig's paths; the operating system's are those of Linux. */
export const pathFunctions: FunctionTable = {
  base: path1(baseName),
  dir: path1(dirName),
  clean: path1(cleanPath),
  ext: path1(extension),
  isAbs: path1(isAbsolute),
  osBase: path1(baseName),
  osDir: path1(dirName),
  osClean: path1(cleanPath),
  osExt: path1(extension),
  osIsAbs: path1(isAbsolute),
}
