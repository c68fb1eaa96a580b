export { up, type UpOptions } from './up.js'
export { down, type DownOptions } from './down.js'
export { status, env, type SandboxState, type ServerState } from './state.js'
export { installServer } from './install.js'
