#!/usr/bin/env -S UV_THREADPOOL_SIZE=16 MALLOC_MMAP_THRESHOLD_=1048576 node --max-semi-space-size=2 --no-concurrent-array-buffer-sweeping
// The small young generation keeps an idle server below 150 MB, for V8 never gives back what its busiest moment took; with 8 MB it is
// 186 MB after a day's work, and nothing gets faster.
// What is received is garbage at once, in pieces of 64 KiB: freed by another thread, it still counts when V8 looks whether it has to
// collect everything, which a push of 1 GiB made it do forty times.
// Left alone, glibc raises that threshold to the size of whatever large buffer is freed, and keeps what it frees below it: a hundred slow
// uploads, which share 24 MiB, left 60 MiB behind (mallopt(3), M_MMAP_THRESHOLD).
// With Node's own four threads, four files that wait for the disk would hold up all others; the number is read before any script is.
require('../dist/cli.cjs')
