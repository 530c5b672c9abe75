'use strict'

// Runs before everything else, on any version of Node. So it is CommonJS, and its syntax is old.
const needed = require('../package.json').engines.node.replace('>=', '')
/** @type {(version: string, other: string) => boolean} */
const isOlder = (version, other) => version.localeCompare(other, 'en', { numeric: true }) < 0

if (isOlder(process.versions.node, needed)) {
  console.error(
    `This needs Node ${needed} or newer, and this is Node ${process.versions.node}: install Node 24 from https://nodejs.org, or with \`nvm install 24\`.`,
  )
  process.exit(1)
}
