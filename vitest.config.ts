import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/database.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Faults and races compete for the machine with everything else that runs: two at once are enough.
    maxWorkers: 2,
  },
})
