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
}

/** Listens on one address and passes on what comes. */
export interface Forwarder {
  /** Resolves to the port; 0 takes a free one. */
  listen(address: Address): Promise<number>
  /** Ends it and what goes through it. */
  close(): void
}
