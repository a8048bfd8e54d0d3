import type { TaskCatalog, TaskDefinition } from '../plan/task-catalog.ts'

/** A catalogue of exactly these tasks. */
export function catalogOf(definitions: TaskDefinition[]): TaskCatalog {
  return {
    find: (name, version) =>
      definitions.find(
        (definition) =>
          definition.version === version &&
          [definition.name, ...(definition.aliases ?? [])].some((known) => known.toLowerCase() === name.toLowerCase()),
      ),
    names: () => definitions.map(({ name, version }) => `${name}@${version}`),
  }
}

/** Enough of the walk-through's tasks to plan it. */
export function walkThroughTasks(): TaskDefinition[] {
  const inputs = (names: string[]): TaskDefinition['inputs'] => names.map((name) => ({ name }))
  return [
    { name: 'Checkout', version: 1, friendlyName: 'Checkout', inputs: inputs(['repository']) },
    { name: 'CmdLine', version: 2, friendlyName: 'CmdLine', inputs: inputs(['script', 'workingDirectory']) },
    { name: 'HelmInstaller', version: 1, friendlyName: 'HelmInstaller', inputs: inputs(['helmVersionToInstall']) },
    {
      name: 'Bash',
      version: 3,
      friendlyName: 'Bash',
      inputs: [
        { name: 'targetType', type: 'pickList', options: ['filePath', 'inline'], default: 'filePath' },
        { name: 'filePath', required: { input: 'targetType', in: ['filePath'] } },
        { name: 'script', required: { input: 'targetType', in: ['inline'] } },
        { name: 'workingDirectory' },
      ],
    },
    {
      name: 'AzureCLI',
      version: 2,
      friendlyName: 'Azure CLI',
      inputs: [
        { name: 'connectedServiceNameARM', aliases: ['azureSubscription'], required: true },
        { name: 'scriptType', required: true, type: 'pickList', options: ['bash', 'pscore', 'ps', 'batch'] },
        { name: 'scriptLocation' },
        { name: 'inlineScript', required: { input: 'scriptLocation', in: ['inlineScript'] } },
        { name: 'useGlobalConfig', type: 'boolean' },
        { name: 'cwd', aliases: ['workingDirectory'] },
      ],
    },
    {
      name: 'replacetokens',
      version: 3,
      friendlyName: 'Replace tokens',
      inputs: [
        ...inputs(['targetFiles', 'encoding', 'actionOnMissing', 'tokenPrefix', 'tokenSuffix', 'useLegacyPattern']),
        ...inputs(['writeBOM', 'keepToken', 'enableTelemetry']),
      ],
    },
  ]
}
