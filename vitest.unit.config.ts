import { defineConfig } from 'vitest/config'

// For mutation tests: the unit tests, except those that read the project's own files and would judge the mutated copies.
export default defineConfig({
  test: {
    include: ['test/unit/**/*.test.ts'],
    exclude: ['test/unit/docs/**', 'test/unit/structure.test.ts'],
    maxWorkers: 1,
  },
})
