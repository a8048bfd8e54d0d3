export { RunnerFixture } from './runner-fixture.ts'
export { createRepository, createTools, walkThroughPipeline } from './walk-through.ts'
