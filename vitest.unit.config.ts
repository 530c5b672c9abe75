import { defineConfig } from 'vitest/config'

// For mutation testing: the tests of the modules without I/O, without a database. Those that read the project's own files
// would judge the mutated copies.
export default defineConfig({
  test: {
    include: ['test/unit/**/*.test.ts'],
    exclude: ['test/unit/documents.test.ts', 'test/unit/rooms.test.ts'],
    maxWorkers: 1,
  },
})
