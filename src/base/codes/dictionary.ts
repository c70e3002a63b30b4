// All codes with their texts, in sections, for `relata explain` and docs/errors.md. Nothing else needs the texts.
import { ACTIVE_CODES } from "./active.ts";
import { ANNOTATE_CODES } from "./annotate.ts";
import { AUDIT_CODES } from "./audit.ts";
import { CLI_CODES } from "./cli.ts";
import { CLIENT_CODES } from "./client.ts";
import type { CodeFault, CodeTable, NoteTable } from "./code-table.ts";
import { CONFIG_CODES } from "./config.ts";
import { DATA_CODES } from "./data.ts";
import { DEFECTS } from "./data-defects.ts";
import type { DefectKind, Severity } from "./defects/defect-kind.ts";
import { ENCODER_CODES } from "./encoder.ts";
import { ENGINE_CODES } from "./engine.ts";
import { EVALUATION_CODES } from "./evaluation.ts";
import { EXPERIMENT_CODES } from "./experiment.ts";
import { EXTENSION_CODES } from "./extension.ts";
import { FINDING_CODES } from "./findings.ts";
import { GRAPH_CODES } from "./graph.ts";
import { HUB_CODES } from "./hub.ts";
import { MODEL_FILE_CODES } from "./model-files.ts";
import { MODEL_CODES } from "./models.ts";
import { NOTE_CODES } from "./notes.ts";
import { REJECTION_CODES } from "./rejections.ts";
import { REQUEST_CODES } from "./requests.ts";
import { SERVING_CODES } from "./serving.ts";
import { SYNTHESIS_CODES } from "./synthesis.ts";
import { TORCH_CODES } from "./torch.ts";
import { TRAINING_CODES } from "./training.ts";
import { UNIT_CODES } from "./units.ts";
import { WEB_CODES } from "./web.ts";

/** "error" ends a command; "defect" rejects or marks a row of data; "note" is part of a result; "rejection" keeps a generated view from use; "finding" is what an audit found. */
export type CodeKind = "error" | "defect" | "note" | "rejection" | "finding";

export interface Explanation {
  readonly code: string;
  readonly kind: CodeKind;
  /** What is wrong, in whole sentences. */
  readonly means: string;
  /** What to do about it. */
  readonly remedy: string;
  /** Exit codes of the command line for this error: several if they depend on the place, none if it ends no command. */
  readonly exitCodes: readonly number[];
  /** For a defect: whether its row is rejected ("error") or kept ("warning"). */
  readonly severity?: Severity;
}

export interface CodeSection {
  readonly title: string;
  readonly about: string;
  readonly entries: readonly Explanation[];
}

const EXIT_CODES = { input: [2], work: [1], either: [1, 2] } as const satisfies Record<
  "input" | CodeFault,
  readonly number[]
>;

/** All sections, in the order of docs/errors.md. */
export const CODE_SECTIONS: readonly CodeSection[] = [
  errors("Command line", "What is wrong with the command line itself.", CLI_CODES),
  errors("Active learning", "What is wrong with a run of `relata active`.", ACTIVE_CODES),
  errors("Configuration", "What was asked for cannot be done, or not together with the rest.", CONFIG_CODES),
  errors(
    "Data, runs and outputs",
    "Files and folders as a whole. What can be wrong with a single row is listed under [Defects of data](#defects-of-data).",
    DATA_CODES,
  ),
  {
    title: "Defects of data",
    about:
      "What a reader finds in single rows. An `error` rejects the row, a `warning` keeps it; both are counted, and `relata validate` lists them. " +
      "Where a command or the library is strict, the first `error` is thrown with its code and ends the command with exit code 2.",
    entries: Object.entries<DefectKind>(DEFECTS).map(([code, { meaning, remedy, severity }]) => ({
      code,
      kind: "defect",
      means: sentence(meaning),
      remedy,
      exitCodes: severity === "error" ? EXIT_CODES.input : [],
      severity,
    })),
  },
  errors("Files of models and bundles", "Files that differ from their recorded SHA-256.", MODEL_FILE_CODES),
  errors("Repositories of a hub", "`relata push` and `relata pull`.", HUB_CODES),
  errors(
    "Encoders and pictures",
    "Encoder folders, the model hub, tokenizers, pictures, detectors.",
    ENCODER_CODES,
  ),
  errors("Training", "A run that cannot start, or that had to stop.", TRAINING_CODES),
  errors("Engine", "onnxruntime, devices, sessions, the optimiser, files of weights.", ENGINE_CODES),
  errors("PyTorch", "Training steps under PyTorch: `--engine torch`.", TORCH_CODES),
  errors(
    "Graphs",
    "What a model's computation can be built from; of interest to those who build models.",
    GRAPH_CODES,
  ),
  errors(
    "Extensions",
    "Readers, generators, encoders and presets of your own ([extending.md](extending.md)). They may also throw errors whose codes begin with `own/`.",
    EXTENSION_CODES,
  ),
  errors("Tagging", "Tags, spans and scores of entities.", MODEL_CODES),
  errors("Evaluation", "Arguments for which a measure is not defined.", EVALUATION_CODES),
  errors(
    "Synthesis",
    "Generators, stores of generated views, exports and measures. Errors of single calls do not end a run: they are counted, and the next " +
      "run makes the call again. The exit code is that of a command which the error ends.",
    SYNTHESIS_CODES,
  ),
  errors(
    "Annotation by a model",
    "`relata annotate`. Its calls fail with the codes of [synthesis](#synthesis), because the same clients make them.",
    ANNOTATE_CODES,
  ),
  errors("Units, shards and queues", "Work that is divided among processes and machines.", UNIT_CODES),
  errors(
    "Serving",
    "Answers of `relata serve`: the code is in the problem document, beside the HTTP status.",
    SERVING_CODES,
  ),
  errors(
    "Requests to a server",
    "What `relata serve` refuses before a post is read, with the HTTP status of the answer.",
    REQUEST_CODES,
  ),
  errors(
    "In a web page",
    "Models exported for web pages (`relata export --web`), and `relata/web`, which loads them there.",
    WEB_CODES,
  ),
  errors(
    "Clients",
    "Errors that `relata/client` makes itself. Those that a server answers keep their own codes.",
    CLIENT_CODES,
  ),
  errors(
    "Experiments, embedded corpus and checks",
    "The commands `experiment`, `quickstart`, `world`, `parity` and `bench`.",
    EXPERIMENT_CODES,
  ),
  errors("Audits", "What `relata audit` cannot use.", AUDIT_CODES),
  notes(
    "Findings of an audit",
    "finding",
    "What `relata audit` finds in data ([audit.md](audit.md)). The severity of a finding depends on how much it does to scores; `--fail-on` says from which one the exit code is 1.",
    FINDING_CODES,
  ),
  notes(
    "Notes of an extraction",
    "note",
    "What a result says of itself when something was cut or left out. A note changes no exit code. Batch extraction also uses the codes of errors for posts and " +
      "pictures that it could not read.",
    NOTE_CODES,
  ),
  notes(
    "Rejected views",
    "rejection",
    "Why a generated picture or text is not used. The store keeps the view with its reason, and the accounts of `relata synthesize` count it. " +
      "Generators of your own may give other reasons.",
    REJECTION_CODES,
  ),
];

/** The entry of a code; undefined if there is none. */
export function explanationOf(code: string): Explanation | undefined {
  return CODE_SECTIONS.flatMap(({ entries }) => entries).find((entry) => entry.code === code);
}

function errors(title: string, about: string, table: CodeTable): CodeSection {
  const entries = Object.entries(table).map(
    ([code, { means, remedy, fault }]): Explanation => ({
      code,
      kind: "error",
      means,
      remedy,
      exitCodes: EXIT_CODES[fault ?? "input"],
    }),
  );
  return { title, about, entries };
}

function notes(
  title: string,
  kind: "note" | "rejection" | "finding",
  about: string,
  table: NoteTable,
): CodeSection {
  const entries = Object.entries(table).map(
    ([code, { means, remedy }]): Explanation => ({ code, kind, means, remedy, exitCodes: [] }),
  );
  return { title, about, entries };
}

/** Meanings of defects are sentence fragments, written for tables. */
function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.)]$/.test(text) ? "" : "."}`;
}
