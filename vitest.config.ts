import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'

const database = 'test/support/database-setup.ts'
const build = 'test/support/build-setup.ts'

interface ProjectOptions {
  readonly globalSetup: string[]
  /** False: modules are loaded once, not once for each file. This saves half of the CPU time, but no file may mock a module. */
  readonly isolate: boolean
}

const project = (name: string, options: ProjectOptions): TestProjectInlineConfiguration => ({
  extends: true,
  test: { name, include: [`test/${name}/**/*.test.ts`], ...options },
})

export default defineConfig({
  test: {
    projects: [
      // Without a database: fast enough to run after each change.
      project('unit', { globalSetup: [], isolate: false }),
      // The service in the test's process, called over a socket, with a database.
      project('service', { globalSetup: [database], isolate: false }),
      // The built program in processes of its own: ends, kills and faults.
      project('process', { globalSetup: [build, database], isolate: true }),
      // Clients in other languages, and the examples of the documentation.
      project('clients', { globalSetup: [build, database], isolate: true }),
      // The explorer in a real browser.
      project('browser', { globalSetup: [build, database], isolate: true }),
    ],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Only a test that fails waits for so long; by default a second, which a busy machine may take.
    expect: { poll: { timeout: 20_000 } },
    // Tests of faults and races compete for the CPU with everything else that runs.
    maxWorkers: 2,
  },
})
