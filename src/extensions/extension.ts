// What every extension is: a plain object with a kind, a name and a version; and the extensions of a run, checked and found by name.
// The contracts stand with what they extend: a reader in data/, a generator in plan/ and so on. Nothing is registered globally.
import { ExtensionError } from "../base/errors.ts";

/** The version of the contracts in this release; an extension states the one that it was written for. */
export const CONTRACT = 1;

/** What can be extended: how messages call it, and what it must bring beside its name and version. */
export const EXTENSION_KINDS = {
  reader: { what: "reader", members: { read: "function" } },
  generator: { what: "generator", members: { makes: "string", open: "function" } },
  preset: { what: "preset", members: { plan: "function" } },
  "picture-encoder": { what: "picture encoder", members: { open: "function" } },
  "relation-reader": { what: "relation reader", members: { logits: "function" } },
  "text-encoder": {
    what: "text encoder",
    members: { config: "function", embed: "function", layer: "function" },
  },
} as const satisfies Readonly<
  Record<string, { readonly what: string; readonly members: Readonly<Record<string, string>> }>
>;

/** One of the kinds of extensions: "reader", "generator" and so on. */
export type ExtensionKind = keyof typeof EXTENSION_KINDS;

/** What all extensions have. */
export interface Extension {
  readonly kind: ExtensionKind;
  /** Version of the contract that it was written for. */
  readonly contract: typeof CONTRACT;
  /** What users write in a configuration: lower-case letters, digits and dashes. */
  readonly name: string;
  /** Its author's version; trained models and stores keep it. */
  readonly version: string;
}

/** What a trained model keeps of an extension that it needs. */
export interface ExtensionStamp {
  readonly kind: ExtensionKind;
  readonly name: string;
  readonly version: string;
}

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const MAX_NAME = 64; // it stands in messages, paths and tables

/** The extensions of one run. */
export class Extensions {
  /** For runs that need nothing but relata. */
  static readonly NONE = new Extensions([]);
  readonly #all: readonly Extension[];

  /** @throws ExtensionError `extension/name-taken` when two of one kind have one name */
  constructor(all: readonly Extension[]) {
    for (const [at, { kind, name }] of all.entries()) {
      const taken = all.findIndex((other) => other.kind === kind && other.name === name) < at;
      if (taken) throw nameTaken(kind, name, "two extensions have it");
    }
    this.#all = all;
  }

  /** Those of a kind; their members were checked when they were taken in. */
  of<Contract extends Extension>(kind: Contract["kind"]): readonly Contract[] {
    return this.#all.filter((extension) => extension.kind === kind) as readonly Extension[] as Contract[];
  }

  /** Every one by kind, name and version, for the records of a run. */
  stamps(): readonly ExtensionStamp[] {
    return this.#all.map(({ kind, name, version }) => ({ kind, name, version }));
  }

  /** The one of a kind and name; undefined when there is none. */
  find<Contract extends Extension>(kind: Contract["kind"], name: string): Contract | undefined {
    return this.of<Contract>(kind).find((extension) => extension.name === name);
  }
}

/**
 * A value as the extension that it claims to be.
 *
 * @param place the module or option that it came from
 * @throws ExtensionError `extension/invalid`, `extension/other-contract`
 */
export function requireExtension(value: unknown, place: string): Extension {
  const fault = (message: string) =>
    new ExtensionError({
      code: "extension/invalid",
      message,
      place,
      remedy:
        "Export what defineReader, defineGenerator and the other define functions return, one or a list of them; docs/extending.md shows each.",
    });
  if (typeof value !== "object" || value === null)
    throw fault(`an extension must be an object, got ${typeof value}`);
  const { kind, contract, name, version } = value as Partial<Record<keyof Extension, unknown>>;
  if (typeof kind !== "string" || !Object.hasOwn(EXTENSION_KINDS, kind)) {
    throw fault(
      `an extension's kind must be one of ${Object.keys(EXTENSION_KINDS).join(", ")}, got ${JSON.stringify(kind) ?? "nothing"}`,
    );
  }
  const { what, members } = EXTENSION_KINDS[kind as ExtensionKind]; // checked above
  if (typeof name !== "string" || !NAME.test(name) || name.length > MAX_NAME) {
    throw fault(
      `a ${what}'s name must be lower-case letters, digits and dashes, ${MAX_NAME} at most, got ${JSON.stringify(name) ?? "nothing"}`,
    );
  }
  if (typeof version !== "string" || version.trim() === "" || version.length > MAX_NAME) {
    throw fault(
      `the version of the ${what} "${name}" must be a text such as "1.0.0", ${MAX_NAME} characters at most`,
    );
  }
  if (contract !== CONTRACT) {
    throw new ExtensionError({
      code: "extension/other-contract",
      message: `the ${what} "${name}" was written for contract ${JSON.stringify(contract) ?? "none"}, this relata speaks ${CONTRACT}`,
      place,
      value: contract,
      remedy: "Install the version of the extension, or of relata, that fits.",
    });
  }
  for (const [member, type] of Object.entries(members)) {
    const found = typeof (value as Readonly<Record<string, unknown>>)[member];
    if (found !== type) throw fault(`"${member}" of the ${what} "${name}" must be a ${type}, got ${found}`);
  }
  return value as Extension; // everything that the contract asks for was checked
}

/** Refuses extensions that are called like something that relata brings along. @throws ExtensionError `extension/name-taken` */
export function requireOwnNames(
  extensions: readonly Pick<Extension, "kind" | "name">[],
  builtIn: readonly string[],
): void {
  for (const { kind, name } of extensions) {
    if (builtIn.includes(name)) throw nameTaken(kind, name, "relata has one of this name");
  }
}

function nameTaken(kind: ExtensionKind, name: string, why: string): ExtensionError {
  return new ExtensionError({
    code: "extension/name-taken",
    message: `the name "${name}" of a ${EXTENSION_KINDS[kind].what} is taken: ${why}`,
    value: name,
    remedy: "Give the extension another name, and write that name where it is used.",
  });
}

/**
 * What a trained model or another record needs and is not there; versions that differ are told, one line each.
 *
 * @throws ExtensionError `extension/missing`
 */
export function requireStamped(
  stamps: readonly ExtensionStamp[],
  extensions: Extensions,
  place: string,
): readonly string[] {
  return stamps.flatMap(({ kind, name, version }) => {
    const { what } = EXTENSION_KINDS[kind];
    const found = extensions.find(kind, name);
    if (found === undefined) {
      throw new ExtensionError({
        code: "extension/missing",
        message: `${place} needs the ${what} "${name}" (version ${version}), which is not loaded: a model never loads code by itself`,
        place,
        value: name,
        remedy: `Name the module that defines it: --extension <module>, or load(folder, { extensions: [...] }).`,
      });
    }
    return found.version === version
      ? []
      : [
          `${place} was made with version ${version} of the ${what} "${name}", this is version ${found.version}`,
        ];
  });
}
