// `relata/serving`: an HTTP server over trained models, for programs that start it themselves.
export { type RunningServer, type ServeRequest, serve } from "./serve.ts";
