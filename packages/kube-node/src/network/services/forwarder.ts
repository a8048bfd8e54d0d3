export interface Address {
  host: string
  port: number
}

/** A backend that a connection may go to. */
export interface Target {
  address: Address
  /** It took the connection. */
  taken(): void
}

/** Where what comes in is to go. */
export interface Route {
  /** In the order in which they should be tried; `client` is the caller's address. */
  targets(client: string): Target[]
  /** Whether what goes there already may go on. */
  mayStayAt(address: Address): boolean
}

/** Listens on one address and passes on what comes. */
export interface Forwarder {
  /** Resolves to the port; 0 takes a free one. */
  listen(address: Address): Promise<number>
  /** Where it may lead has changed: whoever may not stay where he is has to begin anew, as far as he can't tell by himself. */
  reroute(): void
  /** Takes nothing more. Resolves when all that still goes through it has ended. */
  close(): Promise<void>
  /** Ends it at once, and what goes through it. */
  destroy(): void
}
