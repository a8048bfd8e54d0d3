export { buildTestImage, layerTar, testEngine } from './test-images.ts'
