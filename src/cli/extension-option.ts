// The option of every command that can use extensions.

export interface ExtensionOptions {
  readonly extension?: readonly string[] | undefined;
}

/** `command.option(...EXTENSION_OPTION)`; it may be repeated. */
export const EXTENSION_OPTION = [
  "--extension <module>",
  "a module with readers, generators, encoders or presets of your own, whose code is run; may be repeated (docs/extending.md)",
  (module: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), module],
] as const;
