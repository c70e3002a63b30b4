// The public library: what `import { ... } from "relata"` gives.
export {
  ConfigError,
  DataError,
  EncoderError,
  EngineError,
  type ErrorDetails,
  type Fault,
  GraphError,
  RelataError,
  TrainingError,
} from "./errors.ts";
export { type LoadConfigOptions, loadConfig } from "./experiments/config/load.ts";
export { type Config, type ConfigInput, defineConfig } from "./experiments/config/schema.ts";
