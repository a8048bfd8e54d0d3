/** OCI's names of processors. */
export type Architecture = 'amd64' | 'arm64'

/**
 * A Linux program that waits for ever and lets its ended children go: the first process of a pod's sandbox. It is what
 * registry.k8s.io/pause does, in a few instructions of its own, so that pods start where nothing can be pulled.
 */
export function pauseProgram(architecture: Architecture): Buffer {
  const { machine, code } = PROGRAMS[architecture]
  const body = Buffer.from(code, 'hex')
  const file = Buffer.alloc(HEADERS + body.length)
  body.copy(file, HEADERS)
  // ELF64 header (elf(5)): 64 bits, little endian, an executable whose only segment is the whole file.
  file.write('\x7fELF\x02\x01\x01', 'latin1')
  file.writeUInt16LE(2, 16)
  file.writeUInt16LE(machine, 18)
  file.writeUInt32LE(1, 20)
  file.writeBigUInt64LE(ADDRESS + BigInt(HEADERS), 24)
  file.writeBigUInt64LE(64n, 32)
  file.writeUInt16LE(64, 52)
  file.writeUInt16LE(56, 54)
  file.writeUInt16LE(1, 56)
  // Its program header: load, readable and executable.
  file.writeUInt32LE(1, 64)
  file.writeUInt32LE(5, 68)
  file.writeBigUInt64LE(ADDRESS, 80)
  file.writeBigUInt64LE(ADDRESS, 88)
  file.writeBigUInt64LE(BigInt(file.length), 96)
  file.writeBigUInt64LE(BigInt(file.length), 104)
  file.writeBigUInt64LE(0x1000n, 112)
  return file
}

const HEADERS = 120
const ADDRESS = 0x400000n

/** rt_sigaction(SIGCHLD, &{SIG_IGN}, 0, 8), so that the kernel buries children; then pause() (ppoll() on arm64) for ever. */
const PROGRAMS: Record<Architecture, { machine: number; code: string }> = {
  amd64: {
    machine: 62,
    code:
      'b80d000000' + // mov eax, 13
      'bf11000000' + // mov edi, 17
      '488d3513000000' + // lea rsi, [action]
      '31d2' + // xor edx, edx
      '41ba08000000' + // mov r10d, 8
      '0f05' + // syscall
      'b822000000' + // wait: mov eax, 34
      '0f05' + // syscall
      'ebf7' + // jmp wait
      `0100000000000000${'00'.repeat(24)}`, // action: SIG_IGN, no flags
  },
  arm64: {
    machine: 183,
    code:
      'c81080d2' + // mov x8, 134
      '200280d2' + // mov x0, 17
      '61010010' + // adr x1, action
      '020080d2' + // mov x2, 0
      '030180d2' + // mov x3, 8
      '010000d4' + // svc 0
      '280980d2' + // wait: mov x8, 73
      '000080d2' + // mov x0, 0
      '010080d2' + // mov x1, 0
      '020080d2' + // mov x2, 0
      '030080d2' + // mov x3, 0
      '010000d4' + // svc 0
      'faffff17' + // b wait
      `0100000000000000${'00'.repeat(24)}`, // action: SIG_IGN, no flags
  },
}
