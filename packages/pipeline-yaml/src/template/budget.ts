/** What an expansion may come to in characters, each node counted for as many as it takes in memory (the service has 20 MB of it). */
const LARGEST_EXPANSION = 20 * 1024 ** 2
const NODE = 100

/** Thrown when an expansion has used up its budget. */
export class ExpansionTooLarge extends Error {}

/** What is left of an expansion: lists in lists can stand for more than there is memory. */
export class Budget {
  #left = LARGEST_EXPANSION

  /** Throws ExpansionTooLarge. */
  spend(characters: number): void {
    this.#left -= NODE + characters
    if (this.#left < 0) throw new ExpansionTooLarge('the template expands to more than 20 MB')
  }
}
