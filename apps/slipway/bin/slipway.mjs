#!/usr/bin/env -S node --max-semi-space-size=8
// A bounded young generation keeps an idle server near 100 MB, for V8 never gives back what its busiest moment took; a smaller one
// would have the garbage collector copy what a busy server is just working on.
import '../dist/cli.mjs'
