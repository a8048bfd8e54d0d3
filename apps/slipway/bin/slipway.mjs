#!/usr/bin/env -S UV_THREADPOOL_SIZE=16 node --max-semi-space-size=2
// The small young generation keeps an idle server below 150 MB, for V8 never gives back what its busiest moment took; with 8 MB it is
// 186 MB after a day's work, and nothing gets faster.
// With Node's own four threads, four files that wait for the disk would hold up all others; the number is read before any script is.
import '../dist/cli.mjs'
