export { type ConnectOptions, connectEngine } from './connect.ts'
export { type ArchivePart, imageArchive } from './image-archive.ts'
export { podmanBuilds } from './podman-builds.ts'
export { endOrphanedPodman, type PodmanService, startPodman } from './podman-service.ts'
export type {
  BindMount,
  BuildRequest,
  ContainerEngine,
  ContainerEvent,
  ContainerResources,
  ContainerSpec,
  ContainerState,
  ContainerSummary,
  ContainerUsage,
  EngineInfo,
  ExecRequest,
  ImageInfo,
  ImageSummary,
  InterfaceUsage,
  LogOptions,
  OutputHandler,
  PortPublication,
  ProcessSession,
  TransferOptions,
} from './port.ts'
