// What the operating system says about the processor: its name and the instructions that it has.
import { readFileSync } from "node:fs";
import { cpus } from "node:os";

/** The processor's name; "unknown" where the system does not say. */
export function processorName(): string {
  return cpus()[0]?.model ?? "unknown";
}

/** The text of /proc/cpuinfo; undefined where there is none. */
export function cpuInfo(): string | undefined {
  try {
    return readFileSync("/proc/cpuinfo", "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== undefined) return undefined;
    throw error;
  }
}

/** The first processor's flags in the text of /proc/cpuinfo, for example "avx2"; none where they cannot be read. */
export function processorFlags(cpuinfo: string | undefined): ReadonlySet<string> {
  const line = /^(?:flags|Features)\s*:(.*)$/m.exec(cpuinfo ?? "")?.[1] ?? "";
  return new Set(line.split(/\s+/).filter(Boolean));
}

/** Flags of x64's instructions for matrix products in bf16. */
const BF16_FLAGS = ["amx_bf16", "avx512_bf16"];

/** Whether the processor multiplies matrices in bf16; undefined where its flags cannot be read. */
export function hasBf16(flags: ReadonlySet<string> = processorFlags(cpuInfo())): boolean | undefined {
  return flags.size === 0 ? undefined : BF16_FLAGS.some((flag) => flags.has(flag));
}

/** Whether the processor has AMX, instructions for products of small matrices; undefined where its flags cannot be read. */
export function hasAmx(flags: ReadonlySet<string> = processorFlags(cpuInfo())): boolean | undefined {
  return flags.size === 0 ? undefined : flags.has("amx_tile");
}
