#!/bin/sh
# `npm run build`: generates src/gen and compiles to dist.
# The time of dist/built is when the last complete build began: tests of processes compare the sources with it.
set -e
mkdir -p dist
touch dist/building
npm run generate
tsc -p tsconfig.build.json
mv dist/building dist/built
