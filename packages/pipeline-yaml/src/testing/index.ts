export { catalogOf, walkThroughTasks } from './catalog.ts'
