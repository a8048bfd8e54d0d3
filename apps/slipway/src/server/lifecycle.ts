/** What is running, in the order in which it was started; stopped the other way round. */
export class Lifecycle {
  readonly #stops: { name: string; stop: () => Promise<unknown> | unknown }[] = []

  /** Notes how a part that runs now is stopped. */
  add(name: string, stop: () => Promise<unknown> | unknown): void {
    this.#stops.push({ name, stop })
  }

  /** Stops everything; one part that fails to does not keep the others. */
  async stop(onError: (name: string, error: unknown) => void): Promise<void> {
    for (const { name, stop } of this.#stops.splice(0).reverse()) {
      try {
        await stop()
      } catch (error) {
        onError(name, error)
      }
    }
  }
}
