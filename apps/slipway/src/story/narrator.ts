import colors from 'picocolors'
import { formatDuration } from '../table.ts'

/** Tells a story on the terminal: chapters with the time since the start, and what happens in them. */
export class Narrator {
  readonly #started = performance.now()
  #chapterStarted = this.#started

  chapter(title: string): void {
    const now = performance.now()
    this.#chapterStarted = now
    console.log(`\n${colors.dim(formatDuration(now - this.#started).padStart(6))}  ${colors.bold(title)}`)
  }

  line(text: string): void {
    for (const line of text.trimEnd().split('\n')) console.log(`        ${line}`)
  }

  /** A result, with the time that it took since the chapter began. */
  done(text: string): void {
    const took = formatDuration(performance.now() - this.#chapterStarted)
    console.log(`        ${colors.green('✓')} ${text} ${colors.dim(took)}`)
  }
}
