// Codes of extensions: readers, generators, encoders and presets that users register.
import type { CodeTable } from "./code-table.ts";

/** Errors about a user's extension, or in its code. */
export const EXTENSION_CODES = {
  "extension/bad-answer": {
    means:
      "An extension gave something that its contract does not allow: a row without a line, an answer of the wrong type, numbers that are not finite, a plan with a field too many.",
    remedy: "Fix the extension, or ask its author. docs/extending.md says what each contract asks for.",
    fault: "work",
  },
  "extension/cannot-load": {
    means: "The module of an extension could not be run, or has no default export.",
    remedy: "Fix the module. Its default export must be one extension or a list of them.",
  },
  "extension/failed": {
    means: "The code of an extension threw an error. The message names the extension and what it threw.",
    remedy: "Fix the extension, or ask its author. The error may also come from its input.",
    fault: "work",
  },
  "extension/invalid": {
    means:
      "What was given as an extension is not one: its kind is unknown, its name or version is unfit, or a function is missing.",
    remedy: "Export what `defineReader`, `defineGenerator` and the other define functions return.",
  },
  "extension/missing": {
    means:
      "A trained model or a bundle needs an extension that is not loaded. Models never load code by themselves.",
    remedy: "Name the module with `--extension`, or pass it in `extensions` where the model is loaded.",
  },
  "extension/name-taken": {
    means:
      "Two extensions of one kind have the same name, or an extension is called like something built in.",
    remedy: "Give the extension another name, and use that name where it is meant.",
  },
  "extension/not-found": {
    means: "The file or package that `extensions` or `--extension` names does not exist.",
    remedy:
      "Write paths with `./` before them, relative to the file that names them, or install the package.",
  },
  "extension/other-contract": {
    means: "An extension was written for a version of the contracts that this relata does not support.",
    remedy: "Install the version of the extension, or of relata, that fits.",
  },
} as const satisfies CodeTable;
