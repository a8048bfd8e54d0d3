#!/usr/bin/env -S UV_THREADPOOL_SIZE=16 node --max-semi-space-size=8
// A bounded young generation keeps an idle server near 100 MB, for V8 never gives back what its busiest moment took; a smaller one
// would have the garbage collector copy what a busy server is just working on.
// With Node's own four threads, four files that wait for the disk would hold up all others; the number is read before any script is.
import '../dist/cli.mjs'
