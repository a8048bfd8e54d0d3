import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'

/** The folders of a run's agent, laid out as Azure's agent does. */
export interface Layout {
  /** `_work` */
  work: string
  temp: string
  tools: string
  /** `_work/1`, the pipeline's workspace. */
  build: string
  sources: string
  staging: string
  binaries: string
  testResults: string
}

/** Makes `_work/{1/{s,a,b,TestResults},_temp,_tool}` below a folder. */
export async function createLayout(folder: string): Promise<Layout> {
  const work = join(folder, '_work')
  const build = join(work, '1')
  const layout: Layout = {
    work,
    temp: join(work, '_temp'),
    tools: join(work, '_tool'),
    build,
    sources: join(build, 's'),
    staging: join(build, 'a'),
    binaries: join(build, 'b'),
    testResults: join(build, 'TestResults'),
  }
  await Promise.all(Object.values(layout).map((path) => mkdir(path, { recursive: true })))
  return layout
}
