export { hostNodeBaseImage } from './base-image/host-node-base-image.ts'
export { type PackedContext, packContext } from './context/pack-context.ts'
export { createImageBuilder, type ImageBuilder } from './image-builder.ts'
export type { BuildOrder, ImageBuilderOptions, OutputImage, Run, RunStatus } from './port.ts'
