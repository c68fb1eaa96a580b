// What is measured, and against what: see README.md beside this file.
import '../test/servers/typescript.js'

await import('./main.ts')
