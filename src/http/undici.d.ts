// undici's index loads fetch, WebSocket, caches and mocks, which doubles its cost; these parts are all that is needed.
declare module 'undici/lib/dispatcher/agent.js' {
  import type { Agent } from 'undici'
  const agent: typeof Agent
  export default agent
}
declare module 'undici/lib/core/connect.js' {
  import { buildConnector } from 'undici'
  export default buildConnector
}
declare module 'undici/lib/api/api-request.js' {
  import type { Dispatcher } from 'undici'
  type Callback = (error: Error | null, data: Dispatcher.ResponseData) => void
  interface Handler extends Dispatcher.DispatchHandler {
    onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void
  }
  const request: {
    readonly RequestHandler: new (options: Dispatcher.RequestOptions, callback: Callback) => Handler
  }
  export default request
}
