// The runtime's options as requests carry them.
import type { RuntimeOptions } from "../../engine/index.ts";

/** The options of a request that concern the runtime. */
export function runtimeOptions(request: {
  readonly device?: RuntimeOptions["device"];
  readonly threads?: number | undefined;
  readonly library?: string | undefined;
}): RuntimeOptions {
  const { device, threads, library } = request;
  return {
    ...(device === undefined ? {} : { device }),
    ...(threads === undefined ? {} : { threads }),
    ...(library === undefined ? {} : { library }),
  };
}
