import { Controller, type Log } from '@slipway/controller-runtime'
import type { GitClient } from '@slipway/git-client'
import type { HttpRoute } from '@slipway/http-server'
import type { InformerSet, KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { ArtifactStore } from './artifact-store.ts'
import type { GitRepository } from './git-repository-kind.ts'
import { gitRepositoryReconciler } from './reconciler.ts'

const QUERY = { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository' }
const SECRETS = { apiVersion: 'v1', kind: 'Secret' }

export interface SourceControllerDeps {
  client: KubeClient
  informers: InformerSet
  git: GitClient
  log?: Log
}

export interface SourceControllerOptions {
  /** Holds the artifacts. */
  folder: string
  /** Where the routes are reached, such as `http://127.0.0.1:7080/artifacts/`. */
  artifactsUrl: string
}

/** The controllers of the source kinds and what belongs to them. */
export interface SourceControllers {
  controllers: Controller[]
  /** Serves `/artifacts/`. */
  routes: HttpRoute[]
  /** Looks now at the GitRepositories of a repository, given by its name, the last part of URLs. */
  wake: (repository: string) => void
}

/** Makes artifacts of GitRepositories. */
export function sourceControllers(deps: SourceControllerDeps, options: SourceControllerOptions): SourceControllers {
  const { client, informers, git, log } = deps
  const store = new ArtifactStore(options.folder)
  const repositories = informers.for<GitRepository>(QUERY)
  const secrets = informers.for<KubeObject>(SECRETS)
  const controller = new Controller<GitRepository>({
    name: 'source-controller',
    client,
    informers,
    query: QUERY,
    finalizer: 'finalizers.fluxcd.io',
    status: 'own',
    // Those whose hosts do not answer must not keep the others waiting.
    workers: 16,
    // What is wrong is often mended elsewhere, where nothing tells us: a deploy key, a branch.
    userErrorRecheck: 30_000,
    reconciler: gitRepositoryReconciler({ git, store, secrets, log: log ?? (() => {}) }, options),
    watches: [
      {
        query: SECRETS,
        map: ({ object }) =>
          repositories
            .list()
            .filter(
              ({ metadata, spec }) =>
                metadata.namespace === object.metadata.namespace && spec.secretRef?.name === object.metadata.name,
            )
            .map(({ metadata }) => metadata),
      },
    ],
    ...(log && { log }),
  })
  return {
    controllers: [controller as unknown as Controller],
    routes: store.routes(),
    wake: (repository) => {
      for (const { metadata, spec } of repositories.list()) {
        if (nameOf(spec.url) === repository.toLowerCase()) controller.enqueue(metadata)
      }
    },
  }
}

function nameOf(url: string): string {
  return url
    .replace(/\/+$/, '')
    .replace(/\.git$/, '')
    .replace(/^.*[/:]/, '')
    .toLowerCase()
}
