export { createRepository, createTools, walkThroughPipeline } from './walk-through.ts'
