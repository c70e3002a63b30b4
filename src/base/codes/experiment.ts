// Codes of the programs built on top: experiments, the quickstart, the embedded corpus and the project's own checks.
import type { CodeTable } from "./code-table.ts";

/** Errors of `relata experiment`, `quickstart`, `world`, `parity` and `bench`. */
export const EXPERIMENT_CODES = {
  "bench/candidate-ended": {
    means: "The process in which `relata bench providers` runs one provider ended by itself.",
    remedy:
      "Leave this provider out on this machine, or use another version of its library. Its last line on stderr is in the message.",
    fault: "work",
  },
  "bench/no-posts": {
    means: "The file or folder of posts to send in a measurement has none.",
    remedy: "Name a file of documents (`--posts`) and, for pictures, a folder of .jpg, .png or .webp files.",
  },
  "bench/other-scores": {
    means: "The reference's scores of a batch have another shape than relata's.",
    remedy: "Make the reference write float32 scores [rows, relations] for every batch.",
    fault: "work",
  },
  "bench/other-task": {
    means: "The benchmark of time to a score was to train another task, or with another method, than it can.",
    remedy: 'Set `task` to "mre" or "mner", and `method` to "i2srm".',
  },
  "bench/reference-failed": {
    means: "The reference implementation ended early or gave an answer that cannot be read.",
    remedy: "Run its command on its own. Its last lines on stderr are in the message.",
    fault: "work",
  },
  "bench/server-ended": {
    means: "The server that a measurement started ended before it was ready.",
    remedy: "Run `relata serve` on its own. The last lines of its log are in the message.",
    fault: "work",
  },
  "experiment/bad-label-map": {
    means: "The file of label maps cannot be read.",
    remedy: 'Write `{"<data set>": {"<its label>": "<shared label>", "<label to leave out>": null}}`.',
  },
  "experiment/bad-name": {
    means: "The name of a variant or stage cannot be the name of a folder.",
    remedy: "Use lower-case letters, digits, dots and dashes, beginning with a letter or digit.",
  },
  "experiment/bad-option": {
    means: "An option of `relata experiment` has a value that cannot be understood.",
    remedy: "Write the option as the message shows.",
  },
  "experiment/bad-record": {
    means:
      "A file in which an experiment keeps what it has done is damaged, or was written by another version.",
    remedy:
      "Remove the folder that the file is in, so that this stage runs again, or begin the experiment in another folder.",
  },
  "experiment/bad-value": {
    means: "A sweep names a value that the field cannot have, or no value.",
    remedy: "Name legal values with `--values`; docs/configuration.md lists them for every field.",
  },
  "experiment/cannot-shuffle": {
    means: "More than half of the documents share one picture, so they cannot all get another one.",
    remedy: "Use documents with a greater variety of pictures.",
  },
  "experiment/cell-failed": {
    means:
      "A worker could not train or score a cell of an experiment. The message has the stage and its error.",
    remedy:
      "Fix what the error says; `log.txt` in the stage's folder has the rest. The same command tries the cell again.",
    fault: "work",
  },
  "experiment/changed": {
    means:
      "Stages that are done were made with other settings or inputs than those of now; or a shard has other settings than those that the experiment was begun with.",
    remedy:
      "Give all shards the same settings. Otherwise run them again with `--changed rerun`, accept them with `--changed keep`, put the settings back, or name another folder with `--out`.",
  },
  "experiment/field-not-compared": {
    means:
      "A sweep names a field that does not change the model, such as the number of threads, or one that would score its rows on different documents.",
    remedy: "Set it for all rows with `--set`, or do what the message says.",
  },
  "experiment/needs-crops": {
    means: "The preset compares crops with whole pictures, and the configuration has no crops.",
    remedy: "Name an object detector in `visual.detector`, or use a features file that holds crops.",
  },
  "experiment/needs-mi2rage": {
    means: "The preset is about generated views, and the configuration trains another method.",
    remedy: 'Set `method` to "mi2rage" in the configuration.',
  },
  "experiment/needs-pictures": {
    means: "The preset asks what pictures contribute, and the configuration reads texts alone.",
    remedy: "Give a configuration with pictures, features or captions.",
  },
  "experiment/needs-stages": {
    means:
      "The preset compares the stages of a picture encoder, but the configuration names no picture encoder, or one with a single stage.",
    remedy: "Use a ResNet as `visual.encoder`, or an ONNX encoder whose description lists several maps.",
  },
  "experiment/needs-store": {
    means: "The preset needs generated views, and neither a store nor a plan for one was given.",
    remedy: "Set `synthesis.store`, or give `--store main=<folder>` or `--plan main=<plan.json>`.",
  },
  "experiment/no-captions": {
    means: "The models read captions, and an evaluation set has none.",
    remedy: "Name them with the set: `--evaluate <name>=<file>,captions=<file>`.",
  },
  "experiment/no-experiment": {
    means: "The folder holds no experiment.",
    remedy: "Name the folder that was given to `relata experiment run` with `--out`.",
  },
  "experiment/no-field": {
    means: "A sweep has no field whose values could be compared.",
    remedy: "Name one with `--field` and its values with `--values`.",
  },
  "experiment/nothing-to-cross": {
    means: "Combinations of fields were asked for, and only one field is swept.",
    remedy: "Name a second field with `--field` and its values, or leave out `--cross`.",
  },
  "experiment/other-experiment": {
    means: "The folder holds an experiment of another preset.",
    remedy: "Name another folder with `--out`.",
  },
  "experiment/other-task": {
    means: "Data sets of different tasks were named for one experiment; their scores cannot be compared.",
    remedy: "Run an experiment for each task.",
  },
  "experiment/same-value": {
    means: "A sweep names a field or a value twice.",
    remedy: "Name each once.",
  },
  "experiment/set-of-a-stage": {
    means: "Pictures were to be exchanged in an evaluation set that the experiment itself makes.",
    remedy: "Name a file for the evaluation set.",
  },
  "experiment/too-few-datasets": {
    means: "Transfer between data sets was asked for with fewer than two of them.",
    remedy: "Name each with `--dataset name=config.json`.",
  },
  "experiment/unknown-dataset": {
    means: "A label map or an evaluation set belongs to no data set that was named.",
    remedy: "Use the data sets' own names; an evaluation set is called `<data set>/<name>`.",
  },
  "experiment/unknown-field": {
    means: "A sweep names a field that the configuration does not have, or a whole section of it.",
    remedy: "Name one of the fields in the message; docs/configuration.md lists all of them.",
  },
  "experiment/unknown-preset": {
    means: "There is no preset of this name.",
    remedy: "Name one of the presets in the message; `relata experiment list` describes them.",
  },
  "experiment/unknown-set": {
    means: "A plan evaluates on a set that is not defined.",
    remedy: "Name one of the sets in the message, or add it with `--evaluate`.",
  },
  "experiment/unknown-stage": {
    means: "A plan uses the result of a shared stage that it does not define.",
    remedy: "Name a shared stage of the plan.",
  },
  "experiment/unknown-variant": {
    means: "The preset has no variant or group of this name.",
    remedy: "Name some of those in the message.",
  },
  "experiment/value-too-large": {
    means:
      "A sweep asks for more rounds than the store of views has, or for more views than selection leaves: the model of a smaller value would be trained again. Or the store of a generator swap is smaller than the configuration's views.",
    remedy: "Name values up to the one in the message, make a larger store, or keep a larger share.",
  },
  "parity/bad-case": {
    means: "A golden case lacks a file, an input or an output, or its description cannot be read.",
    remedy: "Complete the case as the message says. It needs case.json and inputs.safetensors.",
  },
  "parity/no-such-folder": {
    means: "A folder of golden cases cannot be read.",
    remedy: "Name folders that hold golden cases, at any depth.",
  },
  "parity/unknown-encoder": {
    means: "A golden case is about an encoder that is not known.",
    remedy: "Use a case of an encoder in the message.",
  },
  "quickstart/folder-in-use": {
    means: "The folder for the quickstart holds something else. It is not overwritten.",
    remedy: "Name another folder, or remove this one.",
  },
  "world/bad-truth": {
    means: "The file with the truth of an embedded corpus is damaged or was written by another version.",
    remedy: "Write the corpus again with `relata world <folder>`.",
  },
  "world/cannot-write": {
    means: "The embedded corpus cannot be written into the folder.",
    remedy: "Name another folder, or free the disk.",
  },
  "world/no-truth": {
    means: "The folder holds no embedded corpus: the file with its truth cannot be read.",
    remedy: "Write one with `relata world <folder>`.",
  },
  "world/too-many-posts": {
    means: "The embedded corpus has no new pair of names left for this many posts.",
    remedy: "Ask for fewer posts, or write several corpora with different seeds.",
  },
} satisfies CodeTable;
