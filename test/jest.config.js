const full = process.env.ICEBREAKER_TEST_FULL === '1'

/** Plain ESM under jest: TypeScript is stripped by swc, types are checked by `tsc` in test/house. */
export default {
  rootDir: '..',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  // What is exhaustive is `npm run test:full`.
  testPathIgnorePatterns: full ? [] : ['\\.full\\.test\\.ts$'],
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
