import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { UserError } from '@slipway/errors'
import type { ServiceConnection } from '../run/options.ts'
import { runScript } from './run-script.ts'
import type { Task, TaskContext } from './task.ts'

/**
 * AzureCLI@2: logs `az` in with a service connection and runs a bash script. For the embedded services the login state is written
 * straight into AZURE_CONFIG_DIR, since four `az` processes per step would cost more than the step.
 */
export const azureCli: Task = {
  definition: {
    name: 'AzureCLI',
    version: 2,
    friendlyName: 'Azure CLI',
    inputs: [
      { name: 'connectedServiceNameARM', aliases: ['azureSubscription'], required: true },
      { name: 'scriptType', type: 'pickList', options: ['ps', 'pscore', 'batch', 'bash'], required: true },
      {
        name: 'scriptLocation',
        type: 'pickList',
        options: ['inlineScript', 'scriptPath'],
        default: 'scriptPath',
        required: true,
      },
      { name: 'scriptPath', type: 'filePath', required: { input: 'scriptLocation', in: ['scriptPath'] } },
      { name: 'inlineScript', required: { input: 'scriptLocation', in: ['inlineScript'] } },
      { name: 'scriptArguments', aliases: ['arguments'] },
      { name: 'powerShellErrorActionPreference', default: 'stop' },
      { name: 'addSpnToEnvironment', type: 'boolean', default: 'false' },
      { name: 'useGlobalConfig', type: 'boolean', default: 'false' },
      { name: 'cwd', aliases: ['workingDirectory'], type: 'filePath' },
      { name: 'failOnStandardError', type: 'boolean', default: 'false' },
      { name: 'powerShellIgnoreLASTEXITCODE', type: 'boolean', default: 'false' },
      { name: 'visibleAzLogin', type: 'boolean', default: 'true' },
      { name: 'keepAzSessionActive', type: 'boolean', default: 'false' },
    ],
  },
  async run(context) {
    if (context.input('scriptType').toLowerCase() !== 'bash') {
      const hint = 'use scriptType: bash'
      throw new UserError(
        'TASK_NOT_SUPPORTED',
        `AzureCLI@2 runs bash scripts here, not ${context.input('scriptType')}`,
        { hint },
      )
    }
    const connection = await connect(context)
    const isGlobal = context.boolean('useGlobalConfig')
    const configDir = await configFolder(context, isGlobal)
    const env = { AZURE_CONFIG_DIR: configDir, ...principalEnvironment(context, connection) }
    try {
      await login(context, connection, env)
      await runScript(context, {
        title: 'Script',
        text: scriptText(context),
        cwd: context.path('cwd'),
        env,
        failOnStderr: context.boolean('failOnStandardError'),
      })
    } finally {
      await logout(context, connection, { configDir, isGlobal })
    }
  },
}

async function connect(context: TaskContext): Promise<ServiceConnection> {
  const name = context.input('connectedServiceNameARM')
  const connection = await context.options.connections(name)
  if (!connection) throw new UserError('CONNECTION_UNKNOWN', `there is no service connection named ${name}`)
  context.addSecret(connection.kind === 'embedded' ? connection.password : connection.servicePrincipalKey)
  return connection
}

/** Global configuration is one folder for the whole run, so that it carries over to later steps; else each step has its own. */
async function configFolder(context: TaskContext, isGlobal: boolean): Promise<string> {
  if (!isGlobal) return mkdtemp(join(context.layout.temp, '.azclitask-'))
  const folder = join(context.layout.temp, '.azure')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return folder
}

const LOGIN_FILE = 'slipway.json'

async function login(context: TaskContext, connection: ServiceConnection, env: Record<string, string>): Promise<void> {
  const configDir = env.AZURE_CONFIG_DIR ?? ''
  context.log(`Setting AZURE_CONFIG_DIR env variable to: ${configDir}`)
  if (connection.kind === 'embedded') {
    const { registries, username, password } = connection
    await writeFile(join(configDir, LOGIN_FILE), JSON.stringify({ registries, username, password }), { mode: 0o600 })
    context.log('Setting active cloud to: AzureCloud')
    context.log('[command]az cloud set -n AzureCloud')
    context.log('[command]az login --service-principal -u *** --password=*** --tenant *** --allow-no-subscriptions')
    context.log('[command]az account set --subscription ***')
    return
  }
  // az reads `@file` for any value, which keeps the key out of the arguments.
  const keyFile = context.tempName('.key')
  await writeFile(keyFile, connection.servicePrincipalKey, { mode: 0o600 })
  try {
    const account = ['-u', connection.servicePrincipalId, `--password=@${keyFile}`, '--tenant', connection.tenantId]
    await az(context, ['--version'], env)
    await az(context, ['cloud', 'set', '-n', connection.environment ?? 'AzureCloud'], env)
    await az(context, ['login', '--service-principal', ...account, '--allow-no-subscriptions'], env)
    if (connection.subscriptionId)
      await az(context, ['account', 'set', '--subscription', connection.subscriptionId], env)
  } finally {
    await rm(keyFile, { force: true })
  }
}

async function az(context: TaskContext, args: string[], env: Record<string, string>): Promise<void> {
  context.log(`[command]az ${args.join(' ')}`)
  const code = await context.exec('az', args, { env })
  if (code !== 0) throw new UserError('AZURE_LOGIN_FAILED', `az ${args[0]} exited with code ${code}`)
}

function principalEnvironment(context: TaskContext, connection: ServiceConnection): Record<string, string> {
  if (!context.boolean('addSpnToEnvironment')) return {}
  if (connection.kind === 'embedded') {
    return { servicePrincipalId: connection.username, servicePrincipalKey: connection.password, tenantId: 'slipway' }
  }
  const { servicePrincipalId, servicePrincipalKey, tenantId } = connection
  return { servicePrincipalId, servicePrincipalKey, tenantId }
}

function scriptText(context: TaskContext): string {
  const args = context.input('scriptArguments')
  if (context.input('scriptLocation').toLowerCase() === 'inlinescript') {
    return args ? `set -- ${args}\n${context.input('inlineScript')}` : context.input('inlineScript')
  }
  const path = context.path('scriptPath')
  if (!path.endsWith('.sh')) throw new UserError('TASK_INPUT_INVALID', `scriptPath must name a .sh file, not ${path}`)
  return `exec bash '${path.replaceAll("'", "'\\''")}' ${args}`
}

/** The real task's `az account clear`; a private folder goes altogether. */
async function logout(
  context: TaskContext,
  connection: ServiceConnection,
  { configDir, isGlobal }: { configDir: string; isGlobal: boolean },
): Promise<void> {
  if (!isGlobal) return rm(configDir, { recursive: true, force: true })
  if (context.boolean('keepAzSessionActive')) return
  if (connection.kind === 'embedded') await rm(join(configDir, LOGIN_FILE), { force: true })
  else if (!context.signal.aborted)
    await context.exec('az', ['account', 'clear'], { env: { AZURE_CONFIG_DIR: configDir } })
}
