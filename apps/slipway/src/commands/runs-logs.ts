import { UserError } from '@slipway/errors'
import type { KubeObject } from '@slipway/kube-objects'
import { type GlobalOptions, withServer } from '../connect.ts'

interface Options extends GlobalOptions {
  follow?: boolean
}

/** Prints the log of a run (default: the newest), with --follow until it ends. */
export async function run(options: Options, name?: string): Promise<void> {
  await withServer(options, async ({ client, instance, headers }) => {
    const run = name ?? (await newestRun(() => client.list<KubeObject>(RUNS)))
    const response = await fetch(`${instance.http}/runs/${run}/log${options.follow ? '?follow=1' : ''}`, { headers })
    if (!response.ok || !response.body) {
      throw new UserError('RUN_NOT_FOUND', `no log of run "${run}": HTTP status ${response.status}`, {
        hint: 'slipway runs list shows the runs',
      })
    }
    for await (const chunk of response.body) process.stdout.write(chunk)
  })
}

const RUNS = { apiVersion: 'slipway.dev/v1alpha1', kind: 'PipelineRun' }

async function newestRun(list: () => Promise<{ items: KubeObject[] }>): Promise<string> {
  const { items } = await list()
  const [newest] = items.sort((a, b) => b.spec.buildId - a.spec.buildId)
  if (newest) return newest.metadata.name
  throw new UserError('RUN_NOT_FOUND', 'there are no runs yet', {
    hint: 'push a repository with an azure-pipelines.yml',
  })
}
