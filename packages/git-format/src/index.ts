export { fitsBranch } from './branches.ts'
export {
  type GitCommand,
  isValidRefName,
  isValidRepositoryName,
  parseGitCommand,
  repositoryNameOf,
  writeGitCommand,
} from './names.ts'
export {
  joinBytes,
  MAX_PACKET_LENGTH,
  type Packet,
  PacketReader,
  packetText,
  writeFlush,
  writePacket,
} from './pkt-line.ts'
export {
  isZeroId,
  type ReceivePackRequest,
  ReceivePackRequestReader,
  type RefUpdate,
  type ReportStatus,
  ReportStatusReader,
  writeRefusal,
} from './receive-pack.ts'
export { fits, fitsText, GAP, type Wildcard } from './wildcard.ts'
