// The common form of extensions (a plain object with a kind, a name and a version), and the checked extensions of a run, found by name.
// Each contract is in the folder of the part that it extends: a reader in data/, a generator in plan/. There is no global registry.
import { ExtensionError } from "../base/errors.ts";

/** The version of the contracts in this release; an extension declares the version that it was written for. */
export const CONTRACT = 1;

/** Kinds of extensions: their name in messages, and the members required in addition to name and version. */
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

/** A kind of extension: "reader", "generator" and so on. */
export type ExtensionKind = keyof typeof EXTENSION_KINDS;

/** Fields of all extensions. */
export interface Extension {
  readonly kind: ExtensionKind;
  /** Version of the contract that the extension was written for. */
  readonly contract: typeof CONTRACT;
  /** Name for use in a configuration: lower-case letters, digits and dashes. */
  readonly name: string;
  /** The author's version; trained models and stores record it. */
  readonly version: string;
}

/** The record in a trained model of an extension that it needs. */
export interface ExtensionStamp {
  readonly kind: ExtensionKind;
  readonly name: string;
  readonly version: string;
}

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const MAX_NAME = 64; // it appears in messages, paths and tables

/** The extensions of one run. */
export class Extensions {
  /** For runs without extensions. */
  static readonly NONE = new Extensions([]);
  readonly #all: readonly Extension[];

  /** @throws ExtensionError `extension/name-taken` if two of the same kind have the same name */
  constructor(all: readonly Extension[]) {
    for (const [at, { kind, name }] of all.entries()) {
      const taken = all.findIndex((other) => other.kind === kind && other.name === name) < at;
      if (taken) throw nameTaken(kind, name, "two extensions have it");
    }
    this.#all = all;
  }

  /** The extensions of a kind; their members have been checked. */
  of<Contract extends Extension>(kind: Contract["kind"]): readonly Contract[] {
    return this.#all.filter((extension) => extension.kind === kind) as readonly Extension[] as Contract[];
  }

  /** Kind, name and version of every extension, for the records of a run. */
  stamps(): readonly ExtensionStamp[] {
    return this.#all.map(({ kind, name, version }) => ({ kind, name, version }));
  }

  /** The extension with this kind and name; undefined if there is none. */
  find<Contract extends Extension>(kind: Contract["kind"], name: string): Contract | undefined {
    return this.of<Contract>(kind).find((extension) => extension.name === name);
  }
}

/**
 * Checks that a value is a valid extension and returns it.
 *
 * @param place the module or option that it comes from
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
  return value as Extension; // everything that the contract requires was checked
}

/** Refuses extensions with the name of a built-in part. @throws ExtensionError `extension/name-taken` */
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
 * Requires the extensions that a trained model or another record needs; returns one line for each version that differs.
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
