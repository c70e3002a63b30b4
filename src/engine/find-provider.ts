// Finds the library of a known provider: the variable of the environment first, then the installed Python package.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { EngineError } from "../base/errors.ts";
import { hasBf16 } from "../base/processor.ts";
import { DEVICES } from "./devices.ts";
import { KNOWN_PROVIDERS, type KnownProvider, knownProvider } from "./known-providers.ts";
import type { LocatedPlugin, Plugin } from "./plugin-provider.ts";

/** What the search asks; tests give their own. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Whether the processor multiplies in bf16; undefined if that cannot be told. */
  readonly hasBf16: boolean | undefined;
  /** Runs a program of Python and returns what it prints. Rejects if there is no Python or the program fails. */
  python(interpreter: string, program: string): Promise<string>;
}

const PYTHON_PATIENCE_MS = 30_000;

const here = (): Surroundings => ({
  environment: process.env,
  hasBf16: hasBf16(),
  async python(interpreter, program) {
    const { stdout } = await promisify(execFile)(interpreter, ["-c", program], {
      timeout: PYTHON_PATIENCE_MS,
    });
    return stdout;
  },
});

/**
 * A plugin with the path of its library; one that names a path is returned as it is.
 *
 * @throws EngineError `engine/unknown-provider` for a name that relata does not know, `engine/provider-not-installed`,
 * `engine/provider-precision` for a precision of another provider, or bf16 on a processor without it
 */
export async function findProvider(plugin: Plugin, around: Surroundings = here()): Promise<LocatedPlugin> {
  const { library, provider, precision } = plugin;
  const known = knownProvider(provider);
  if (precision !== undefined && known === undefined) throw unknownPrecision(plugin);
  if (precision === "bf16" && around.hasBf16 === false) throw noBf16(plugin);
  if (library !== undefined) return { ...plugin, library };
  if (known === undefined) throw unknownProvider(provider);
  return { ...plugin, library: await libraryOf(known, around) };
}

async function libraryOf(known: KnownProvider, { environment, python }: Surroundings): Promise<string> {
  const named = environment[known.variable];
  if (named !== undefined && named !== "") return named;
  const interpreter = environment.RELATA_PYTHON || "python3";
  let printed: string;
  try {
    printed = await python(interpreter, `import ${known.module} as m; print(m.get_library_path())`);
  } catch (cause) {
    throw notInstalled(known, interpreter, cause);
  }
  const path = printed.trim().split("\n").at(-1) ?? "";
  if (existsSync(path)) return path;
  throw notInstalled(
    known,
    interpreter,
    new Error(`${known.module} names ${JSON.stringify(path)}, which does not exist`),
  );
}

function notInstalled(known: KnownProvider, interpreter: string, cause: unknown): EngineError {
  const lines = (cause instanceof Error ? cause.message : String(cause)).trim().split("\n");
  return new EngineError({
    code: "engine/provider-not-installed",
    message: `the library of the provider ${known.name} is not found: ${known.variable} is not set, and ${interpreter} says: ${lines.at(-1)}`,
    place: "provider",
    value: known.name,
    remedy: `Install it (${interpreter} -m pip install ${known.package}), name the Python that has it with RELATA_PYTHON, or set ${known.variable} to the path of the library.`,
    cause,
  });
}

/** The error for a name that relata does not know. */
export function unknownProvider(provider: string | undefined): EngineError {
  const isDevice = DEVICES.some((device) => device === provider?.toLowerCase());
  return new EngineError({
    code: "engine/unknown-provider",
    message: `relata knows no provider ${JSON.stringify(provider)}, and no library is named`,
    place: "provider",
    value: provider,
    remedy: isDevice
      ? `This is a device: use --device ${provider?.toLowerCase()}, or training.device.`
      : `Name one of ${KNOWN_PROVIDERS.map(({ name }) => name).join(", ")}, or the path of a library.`,
  });
}

function noBf16({ provider, precision }: Plugin): EngineError {
  return new EngineError({
    code: "engine/provider-precision",
    message: `this processor has no bf16 arithmetic: ${provider} would compute in fp32 without saying so`,
    place: "provider",
    value: precision,
    remedy: "Leave the precision out, or use a processor with AMX or AVX-512 BF16.",
  });
}

function unknownPrecision({ provider, precision }: Plugin): EngineError {
  return new EngineError({
    code: "engine/provider-precision",
    message: `relata cannot ask the provider ${JSON.stringify(provider)} for ${precision}: it does not know the provider's options`,
    place: "provider",
    value: precision,
    remedy: "Leave the precision out, and give the provider's own options.",
  });
}
