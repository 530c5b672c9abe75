#!/bin/sh
# `npm run dev`: compiles when a source changes, and restarts the service when its compiled files change.
npm run build || exit
trap 'kill $compiler $service' EXIT
trap exit INT TERM
tsc -p tsconfig.build.json --watch --preserveWatchOutput &
compiler=$!
node --watch dist/dev/start.js &
service=$!
# Until the service ends, or a signal.
wait $service
