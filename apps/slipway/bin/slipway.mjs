#!/usr/bin/env -S node --max-semi-space-size=2
// The small young generation keeps an idle server below 150 MB: V8 never gives back what its busiest moment took.
import '../dist/cli.mjs'
