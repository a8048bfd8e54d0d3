import { Accumulator } from './accumulator.ts'
import { builtinGenerators, builtinTransformers, type Step } from './builtin-steps.ts'
import { configOfCrds } from './crds.ts'
import { describeVar } from './describe-var.ts'
import { KustomizeError, located, prefixed, retold, toldOf } from './fault.ts'
import { type KustomizationFile, readKustomization } from './kustomization.ts'
import type { Loader } from './loader.ts'
import { noteGenerator, noteTransformer, originPath, pluginOrigin, printOrigin } from './origin.ts'
import { pluginOf } from './plugins.ts'
import { ORIGIN, ResMap } from './res-map.ts'
import type { Resource } from './resource.ts'
import { isMalformed, type ResourceFactory } from './resource-factory.ts'
import { readConfigurations } from './transformer-configurations.ts'
import type { Helpers } from './transformers/transformer.ts'

/** What all kustomizations of a build share. */
export interface BuildContext {
  readonly factory: ResourceFactory
  readonly warn: (message: string) => void
  /** Of the outermost kustomization; it counts for all. */
  buildMetadata: readonly string[]
}

/** One kustomization of a build (api/internal/target). */
export class Target {
  readonly file: KustomizationFile
  readonly #loader: Loader
  readonly #context: BuildContext
  /** The path from the outermost kustomization, as annotations tell it. */
  readonly #originPath: string

  constructor(loader: Loader, context: BuildContext, originPath = '') {
    this.#loader = loader
    this.#context = context
    this.#originPath = originPath
    this.file = readKustomization(loader)
    for (const warning of this.file.warnings) context.warn(warning)
  }

  /** Chooses the schemas that `openapi` names. */
  useOpenApi(): void {
    const { openapi } = this.file.spec
    located(
      () => this.file.place(['openapi']),
      () => {
        const schema = openapi?.path === undefined ? undefined : this.#loader.text(openapi.path)
        this.#context.factory.openApi.use(openapi, schema)
      },
    )
  }

  /** Gathers and changes what it names; a component changes what its user has gathered. */
  accumulate(into = new Accumulator()): Accumulator {
    const { spec } = this.file
    let accumulator = into
    prefixed('accumulating resources', () => this.#resources(accumulator, spec.resources ?? [], 'resources'))
    located(
      () => this.file.place(['configurations']),
      () => accumulator.mergeConfig(readConfigurations(this.#loader, spec.configurations ?? [])),
    )
    const crds = spec.crds ?? []
    located(
      () => this.file.place(['crds']),
      () =>
        prefixed(`loading CRDs [${crds.join(' ')}]`, () => {
          accumulator.mergeConfig(configOfCrds(this.#loader, crds))
        }),
    )
    this.#generate(accumulator)
    accumulator = this.#components(accumulator)
    this.#transform(accumulator)
    this.#validate(accumulator)
    located(
      () => this.file.place(['vars']),
      () =>
        prefixed(`merging vars [${(spec.vars ?? []).map(describeVar).join(' ')}]`, () =>
          accumulator.addVars(spec.vars ?? []),
        ),
    )
    return accumulator
  }

  get #isNoted(): boolean {
    return this.#context.buildMetadata.length > 0
  }

  get #helpers(): Helpers {
    return { loader: this.#loader, factory: this.#context.factory, file: this.file.path }
  }

  #resources(accumulator: Accumulator, entries: readonly string[], field: string): void {
    for (const [index, entry] of entries.entries()) {
      located(
        () => this.file.place([field, index]),
        () => this.#resource(accumulator, entry),
      )
    }
  }

  /** A file, or else a folder with a kustomization. */
  #resource(accumulator: Accumulator, entry: string): void {
    try {
      this.#addFile(accumulator, entry)
      return
    } catch (fileError) {
      if (fileError instanceof KustomizeError && fileError.code === 'KUSTOMIZE_UNSUPPORTED') throw fileError
      this.#addFolder(accumulator, entry, fileError)
    }
  }

  #addFile(accumulator: Accumulator, entry: string): void {
    const { factory } = this.#context
    const resources = prefixed(
      `accumulating resources from '${entry}'`,
      () => new ResMap(factory.fromFile(this.#loader, entry)),
    )
    if (this.#isNoted) {
      const note = printOrigin({ path: originPath(this.#originPath, entry) })
      for (const resource of resources.resources) {
        resource.setTexts('annotations', { ...resource.texts('annotations'), [ORIGIN]: note })
      }
    }
    prefixed(`merging resources from '${entry}'`, () => accumulator.resMap.appendAll(resources.resources))
  }

  #addFolder(accumulator: Accumulator, entry: string, fileError: unknown): void {
    let loader: Loader
    const around = (told: string): string => `accumulation err='${toldOf(fileError)}': ${told}`
    try {
      loader = this.#loader.folder(entry)
    } catch (error) {
      if (isMalformed(fileError)) throw fileError
      // What is wrong with a file that is there tells more than that it is no folder.
      throw retold(isAbsent(fileError) ? error : withTold(fileError, toldOf(error)), around)
    }
    try {
      this.#addKustomization(accumulator, loader, entry)
    } catch (error) {
      throw retold(error, around)
    }
  }

  #addKustomization(accumulator: Accumulator, loader: Loader, entry: string): void {
    const target = this.#sub(loader, entry)
    const { kind } = target.file.spec
    if (kind === 'Component')
      throw new KustomizeError(
        'KUSTOMIZE_INVALID',
        `expected kind != 'Component' for path '${loader.shown(loader.dir)}'`,
      )
    const gathered = prefixed(`recursed accumulation of path '${loader.shown(loader.dir)}'`, () => target.accumulate())
    prefixed(`recursed merging from path '${loader.shown(loader.dir)}'`, () => accumulator.merge(gathered))
  }

  #sub(loader: Loader, entry: string): Target {
    const path = originPath(this.#originPath, entry)
    const target = prefixed(
      `couldn't make target for path '${loader.shown(loader.dir)}'`,
      () => new Target(loader, this.#context, path),
    )
    target.useOpenApi()
    return target
  }

  #components(accumulator: Accumulator): Accumulator {
    let gathered = accumulator
    for (const [index, entry] of (this.file.spec.components ?? []).entries()) {
      located(
        () => this.file.place(['components', index]),
        () => {
          gathered = quoted(
            'loader.New',
            () => this.#loader.folder(entry),
            (loader) =>
              quoted(
                'accumulateDirectory:',
                () => this.#component(gathered, loader, entry),
                (result) => result,
              ),
          )
        },
      )
    }
    return gathered
  }

  #component(accumulator: Accumulator, loader: Loader, entry: string): Accumulator {
    const target = this.#sub(loader, entry)
    const { kind = 'Kustomization' } = target.file.spec
    const dir = loader.shown(loader.dir)
    if (kind !== 'Component')
      throw new KustomizeError('KUSTOMIZE_INVALID', `expected kind 'Component' for path '${dir}' but got '${kind}'`)
    const changed = prefixed(`recursed accumulation of path '${dir}'`, () => target.accumulate(accumulator))
    const merged = new Accumulator()
    prefixed(`recursed merging from path '${dir}'`, () => merged.merge(changed))
    return merged
  }

  #generate(accumulator: Accumulator): void {
    const generators = builtinGenerators(this.file, this.#helpers, this.#originPath)
    generators.push(...prefixed('loading generator plugins', () => this.#generatorPlugins()))
    for (const { run, origin, place } of generators) {
      located(place, () => {
        const resources = new ResMap(run()).resources
        if (this.#isNoted && origin) noteGenerator(resources, origin)
        prefixed('merging from generator', () => {
          for (const resource of resources) accumulator.resMap.absorb(resource)
        })
      })
    }
  }

  #generatorPlugins(): Step<() => Resource[]>[] {
    return this.#plugins(this.file.spec.generators ?? [], 'generators').map((resource) =>
      prefixed('failed to load generator', () => {
        const { generate } = pluginOf(resource, this.#helpers)
        if (!generate)
          throw new KustomizeError('KUSTOMIZE_INVALID', `plugin ${resource.kind} not a generator`, {
            at: resource.source,
          })
        return { run: generate, origin: pluginOrigin(resource), place: () => resource.source }
      }),
    )
  }

  #transform(accumulator: Accumulator): void {
    const steps = builtinTransformers(this.file, accumulator.config, this.#helpers, this.#originPath)
    steps.push(...this.#transformerPlugins(this.file.spec.transformers ?? [], 'transformers'))
    for (const { run, origin, place } of steps) {
      located(place, () => run(accumulator.resMap))
      if (this.#isNoted && origin) noteTransformer(accumulator.resMap.resources, origin)
      accumulator.resMap.dropEmpty()
    }
  }

  #transformerPlugins(entries: readonly string[], field: string): Step<(resources: ResMap) => void>[] {
    return this.#plugins(entries, field).map((resource) => {
      const { transform } = pluginOf(resource, this.#helpers)
      if (!transform)
        throw new KustomizeError('KUSTOMIZE_INVALID', `plugin ${resource.kind} not a transformer`, {
          at: resource.source,
        })
      return { run: transform, origin: pluginOrigin(resource), place: () => resource.source }
    })
  }

  #validate(accumulator: Accumulator): void {
    for (const { run, place } of this.#transformerPlugins(this.file.spec.validators ?? [], 'validators')) {
      const before = accumulator.resMap.resources.map(String)
      located(place, () => run(accumulator.resMap))
      const after = accumulator.resMap.resources.map(String)
      if (before.length !== after.length || before.some((text, index) => text !== after[index])) {
        throw new KustomizeError('KUSTOMIZE_INVALID', "validator shouldn't modify the resource map", { at: place() })
      }
    }
  }

  /** Configurations of plug-ins: objects that stand in the field itself, or that it names. */
  #plugins(entries: readonly string[], field: string): readonly Resource[] {
    const accumulator = new Accumulator()
    const paths: string[] = []
    for (const entry of entries) {
      const inline = this.#inline(entry)
      if (!inline) {
        paths.push(entry)
        continue
      }
      if (this.#isNoted) {
        const note = printOrigin({ path: originPath(this.#originPath, this.file.name) })
        for (const resource of inline)
          resource.setTexts('annotations', { ...resource.texts('annotations'), [ORIGIN]: note })
      }
      accumulator.resMap.appendAll(inline)
    }
    this.#resources(accumulator, paths, field)
    return accumulator.resMap.resources
  }

  #inline(entry: string): Resource[] | undefined {
    try {
      return this.#context.factory.fromText(entry, this.file.path)
    } catch {
      return undefined
    }
  }
}

/** Goes on with a result; Go quotes what goes wrong. */
function quoted<T, R>(prefix: string, run: () => T, use: (value: T) => R): R {
  let value: T
  try {
    value = run()
  } catch (error) {
    throw retold(error, (told) => `accumulating components: ${prefix} ${goQuote(told)}`)
  }
  return use(value)
}

const goQuote = (text: string): string => JSON.stringify(text)

/** Whether a file was not read for there is none. */
const isAbsent = (error: unknown): boolean =>
  error instanceof KustomizeError && /does not exist$|is a folder$|outside of the repository$/.test(error.message)

function withTold(error: unknown, told: string): unknown {
  return retold(error, () => told)
}
