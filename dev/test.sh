#!/bin/sh
# `npm test`: builds, checks and runs all tests. `npm test -- FILE...`: builds and runs the tests of these files only.
set -e
npm run build
[ $# -gt 0 ] || npm run check
exec vitest run "$@"
