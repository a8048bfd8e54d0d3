/** What an author or user should know and that stops nothing, as Helm 4 logs it. */
export interface Notice {
  readonly level: 'INFO' | 'WARN'
  readonly message: string
  readonly fields?: Readonly<Record<string, string>>
}

export type Notify = (notice: Notice) => void
