import { formatTrace } from '../trace/print-trace.ts'
import { traceWorkload } from '../trace/trace.ts'
import { followRun } from './follow-run.ts'
import type { Narrator } from './narrator.ts'
import { MANIFESTS_URL, type Story } from './story.ts'
import type { WorkingCopy } from './working-copy.ts'

const DEPLOYMENT = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'default' }

/** The article's story from the first push to the last clean-up, each chapter with what it proves. */
export async function tellStory(story: Story, narrator: Narrator): Promise<void> {
  narrator.chapter('Two repositories; the GitOps identity may read Manifests, over SSH')
  await story.invitePeople()
  narrator.line(await story.connectManifests())
  await story.createPullSecret()
  const appA = await story.createRepository('AppA')
  narrator.done(`the cluster follows ${MANIFESTS_URL}`)

  narrator.chapter('A developer pushes AppA over HTTP: the pipeline builds image and chart 158')
  await story.setNextBuildId(158)
  const developer = await story.startApplication(appA, 'app-a', 'http')
  await build(story, narrator, developer, 'appa-158')

  narrator.chapter('The DevOps team asks for appa 158')
  await deploy(story, narrator, 'appa', '158')

  narrator.chapter('A change of AppA, pushed over SSH, and the move to 160')
  await story.setNextBuildId(160)
  const overSsh = await story.switchToSsh(developer, appA)
  overSsh.write('README.md', '# AppA\n\nNow with a second version.\n')
  await build(story, narrator, overSsh, 'appa-160')
  await deploy(story, narrator, 'appa', '160')

  narrator.chapter('A second application: AppB 164')
  const appB = await story.createRepository('AppB')
  await story.setNextBuildId(164)
  await build(story, narrator, await story.startApplication(appB, 'app-b', 'http'), 'appb-164')
  await deploy(story, narrator, 'appb', '164')

  await heal(story, narrator)
  await surviveFaults(story, narrator)
  await plainManifests(story, narrator)
  await remove(story, narrator)

  narrator.chapter('The way back: slipway trace deploy/default-appa-appawebapi')
  narrator.line(
    formatTrace(await traceWorkload(story.client, { ...DEPLOYMENT, name: 'default-appa-appawebapi' }, story.history)),
  )
  narrator.chapter('Addresses to try')
  narrator.line(`${await story.address('default-appa-appawebapi')}/WeatherForecast`)
  narrator.line(`${await story.address('default-appa-appawebapi')}/version`)
  narrator.line(`${story.instance.http}/helm/v1/repo/index.yaml (with a token)`)
}

async function build(story: Story, narrator: Narrator, copy: WorkingCopy, run: string): Promise<void> {
  await copy.push(`Build ${run}`)
  await followRun(story, run, (line) => narrator.line(line))
  const { status } = await story.finishedRun(run)
  if (status.phase !== 'Succeeded')
    throw new Error(`run ${run} ended as ${status.phase}: ${JSON.stringify(status.issues)}`)
  narrator.done(`run ${run} succeeded: image and chart are in the registry`)
}

async function deploy(story: Story, narrator: Narrator, name: string, build: string): Promise<void> {
  story.manifests.write(`${name}.yaml`, story.example(`${name}-${build}.yaml`))
  const { pushedAt } = await story.manifests.push(`${name} ${build}`)
  await story.releaseAt(name, `${build}.0.0`)
  narrator.done(`git push: release default-${name} has chart ${build}.0.0`)
  const { url, at } = await story.answersWith(`default-${name}-${name}webapi`, build)
  narrator.done(`${url} answers with version ${build}, ${at - pushedAt} ms after the push`)
}

async function heal(story: Story, narrator: Narrator): Promise<void> {
  narrator.chapter('Someone deletes the Deployment, and edits another')
  const ref = { ...DEPLOYMENT, name: 'default-appa-appawebapi' }
  const before = await story.client.get(ref)
  await story.client.delete(ref)
  await story.exists(ref, ({ metadata }) => metadata.uid !== before?.metadata.uid)
  narrator.done('the deleted Deployment is back')
  const other = { ...DEPLOYMENT, name: 'default-appb-appbwebapi' }
  await story.client.patch(other, 'merge', { spec: { replicas: 3 } }, { fieldManager: 'kubectl-edit' })
  await story.exists(other, ({ spec }) => spec.replicas === 1)
  narrator.done('the edited one has one replica again')
  await story.answersWith('default-appa-appawebapi', '160')
}

async function surviveFaults(story: Story, narrator: Narrator): Promise<void> {
  narrator.chapter('A broken file and an unknown chart version, pushed together with a good change')
  story.manifests.write('broken.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: broken\n   labels: {}\n')
  story.manifests.write('appa.yaml', story.example('appa-160.yaml').replace('160.0.0', '999.0.0'))
  story.manifests.write('good.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: good\ndata:\n  is: applied\n')
  const { commit } = await story.manifests.push('One good change, two faults')
  await story.exists({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'good' })
  narrator.done('the good change is applied')
  const kustomization = await story.manifestsAttempted(commit)
  narrator.line(conditionMessage(kustomization.status, 'Ready'))
  const release = await story.releaseIn('appa', 'ChartFetchFailed')
  narrator.line(conditionMessage(release.status, 'ChartFetched'))
  await story.answersWith('default-appa-appawebapi', '160')
  narrator.done('appa still answers with version 160')
  story.manifests.remove('broken.yaml')
  story.manifests.write('appa.yaml', story.example('appa-160.yaml'))
  await story.manifests.push('Mend the faults')
  await story.releaseAt('appa', '160.0.0')
  narrator.done('mended: nothing says False any more')
}

async function plainManifests(story: Story, narrator: Narrator): Promise<void> {
  narrator.chapter('Plain manifests and a folder with a kustomization.yaml')
  story.manifests.copy(`${story.examples}/manifests/plain`)
  await story.manifests.push('Plain manifests and a kustomization')
  await story.exists({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'tools', name: 'settings' })
  await story.exists({ apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'tools', name: 'forecast' })
  await story.exists({ apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'staging', name: 'web' })
  narrator.done('namespace tools and the overlay in namespace staging are applied')
  story.manifests.remove('tools')
  story.manifests.remove('staging')
  await story.manifests.push('Remove them again')
  await story.gone('apps/v1', 'Deployment', 'web', 'staging')
  await story.gone('apps/v1', 'Deployment', 'forecast', 'tools')
  narrator.done('removed from git: pruned')
}

async function remove(story: Story, narrator: Narrator): Promise<void> {
  narrator.chapter('appb.yaml is removed from Manifests')
  story.manifests.remove('appb.yaml')
  await story.manifests.push('Retire appb')
  await story.gone('helm.fluxcd.io/v1', 'HelmRelease', 'appb')
  await story.gone('apps/v1', 'Deployment', 'default-appb-appbwebapi')
  narrator.done('release default-appb is uninstalled and its objects are gone')
}

function conditionMessage(status: { conditions?: { type: string; message: string }[] }, type: string): string {
  return status.conditions?.find((condition) => condition.type === type)?.message ?? ''
}
