export { buildTestImage, layerTar, ownStorage, testEngine } from './test-images.ts'
