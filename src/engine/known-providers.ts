// The plugin execution providers that relata knows by name: where their library comes from, their options, how exact they are.

/** Arithmetic of a provider's matrix products. */
export type ProviderPrecision = "fp32" | "bf16";

/** A provider that `--provider <name>` finds. */
export interface KnownProvider {
  /** Lower case, without `ExecutionProvider`. */
  readonly name: string;
  /** Variable of the environment with the path of its library, which is tried first. */
  readonly variable: string;
  /** Python module that has the library, with a function `get_library_path`. */
  readonly module: string;
  /** The package of the module, for `pip install`. */
  readonly package: string;
  /** What it runs on, for the message when it finds no device. */
  readonly needs: string;
  /** Its options for the processor. */
  options(threads: number, precision: ProviderPrecision): Readonly<Record<string, string>>;
  /**
   * What a golden case may differ by, besides the case's own tolerance: a share of each tensor's largest element. Products in bf16 keep
   * 8 significant bits of each factor, so small elements, which are differences of large terms, keep fewer.
   */
  readonly shareOfLargest: Readonly<Record<ProviderPrecision, number>>;
}

const OPENVINO: KnownProvider = {
  name: "openvino",
  variable: "RELATA_OPENVINO_LIBRARY",
  module: "onnxruntime_ep_openvino",
  package: "onnxruntime-ep-openvino",
  needs:
    "OpenVINO's library lists devices of Intel alone: on another processor leave the provider out, on Intel's check the installation.",
  // Without a hint it chooses bf16 by itself where the processor has it.
  options: (threads, precision) => ({
    load_config: JSON.stringify({
      CPU: {
        INFERENCE_PRECISION_HINT: precision === "bf16" ? "bf16" : "f32",
        INFERENCE_NUM_THREADS: threads,
        NUM_STREAMS: 1,
      },
    }),
  }),
  shareOfLargest: { fp32: 0, bf16: 0.1 },
};

/** All of them. */
export const KNOWN_PROVIDERS: readonly KnownProvider[] = [OPENVINO];

/** The provider of this name, in any case and with or without `ExecutionProvider`; undefined for another. */
export function knownProvider(name: string | undefined): KnownProvider | undefined {
  return name === undefined ? undefined : KNOWN_PROVIDERS.find((known) => known.name === plainName(name));
}

/** A provider's name in lower case, without the suffix `ExecutionProvider`. */
export function plainName(provider: string): string {
  return provider.toLowerCase().replace(/executionprovider$/, "");
}
