#!/bin/sh
# `npm test`: checks, and runs the unit and service tests, with these options. `npm test -- FILE...`: builds, and runs the tests of these
# files, of any kind.
set -e
case ${1-} in
  '' | -*)
    npm run generate
    npm run check
    exec vitest run --project unit --project service "$@"
    ;;
esac
npm run build
exec vitest run "$@"
