/** What `npm test` leaves to `npm run test:full`. */
const FULL = '\\.full\\.test\\.ts$'
/** The same, for tests that both products get. */
const MATRIX = '\\.matrix\\.server\\.test\\.ts$'
const left = { 1: [], matrix: [FULL] }[process.env.ICEBREAKER_TEST_FULL] ?? [FULL, MATRIX]

/** Plain ESM under jest: TypeScript is stripped by swc, types are checked by `tsc` in test/house. */
export default {
  rootDir: '..',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testPathIgnorePatterns: left,
  setupFilesAfterEnv: ['<rootDir>/test/retry.js'],
  globalSetup: '<rootDir>/test/servers/setup.js',
  globalTeardown: '<rootDir>/test/servers/teardown.js',
  reporters: ['default', '<rootDir>/test/reporter.js'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  testTimeout: 60_000,
  maxWorkers: 2,
}
