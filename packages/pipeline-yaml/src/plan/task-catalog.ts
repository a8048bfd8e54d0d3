/** One input of a task, as its task.json defines it. */
export interface TaskInput {
  name: string
  aliases?: readonly string[]
  type?: 'string' | 'boolean' | 'filePath' | 'pickList'
  /** `true`, or only when another input has one of these values (task.json's visibleRule). */
  required?: boolean | { input: string; in: readonly string[] }
  default?: string
  /** Of a pickList; compared without case. */
  options?: readonly string[]
}

export interface TaskDefinition {
  /** The name before the `@`. */
  name: string
  /** The full name with publisher and extension, and others. */
  aliases?: readonly string[]
  version: number
  /** Shown for a step without a displayName. */
  friendlyName: string
  inputs: readonly TaskInput[]
}

/** The tasks that a runner has. */
export interface TaskCatalog {
  /** Names are compared without case. */
  find(name: string, version: number): TaskDefinition | undefined
  /** `Bash@3` and so on, for messages. */
  names(): readonly string[]
}
