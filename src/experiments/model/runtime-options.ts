// The options of loading a model as requests carry them: where it runs, and how precisely it predicts.
import type { Precision, RuntimeOptions } from "../../engine/index.ts";
import type { VerifyOptions } from "./verify-model.ts";

/** Where a model runs and how it predicts. */
export interface LoadOptions extends RuntimeOptions, VerifyOptions {
  /** Default "fp32"; "int8" on the CPU only. */
  readonly precision?: Precision;
}

/** The options of a request that concern loading. */
export function runtimeOptions(request: {
  readonly device?: RuntimeOptions["device"];
  readonly threads?: number | undefined;
  readonly library?: string | undefined;
  readonly precision?: Precision | undefined;
  readonly verify?: boolean | undefined;
  readonly onNotice?: VerifyOptions["onNotice"];
}): LoadOptions {
  const { device, threads, library, precision, verify, onNotice } = request;
  return {
    ...(verify === undefined ? {} : { verify }),
    ...(onNotice === undefined ? {} : { onNotice }),
    ...(device === undefined ? {} : { device }),
    ...(threads === undefined ? {} : { threads }),
    ...(library === undefined ? {} : { library }),
    ...(precision === undefined ? {} : { precision }),
  };
}
