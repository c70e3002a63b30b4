// All generators for the command line and the library: relata's own and the simulator of the embedded corpus.
import { joinAdapters } from "../plan/adapters.ts";
import { BUILT_IN_ADAPTERS } from "../plan/built-in-adapters.ts";
import { SIMULATOR_ADAPTERS } from "../world/simulator-adapters.ts";

export const GENERATOR_ADAPTERS = joinAdapters(BUILT_IN_ADAPTERS, SIMULATOR_ADAPTERS);
