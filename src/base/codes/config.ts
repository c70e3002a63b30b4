// Codes of configurations and options: settings that are impossible or contradict each other.
import type { CodeTable } from "./code-table.ts";

/** Errors about a configuration, a plan or the options of a call. */
export const CONFIG_CODES = {
  "config/bad-card": {
    means: "A licence, a language or a data set does not have the form that hubs read.",
    remedy:
      "Give the licence by its identifier (`mit`, `apache-2.0`, `cc-by-4.0`, `other`), a language by its code (`en`, `pt-BR`), and a data set by its id (`owner/name`).",
  },
  "config/bad-request": {
    means:
      "A function of the library was called with a request that lacks a field, has an unknown one, or has one of another kind. All faults are listed.",
    remedy: "Fix the fields in the message. docs/reference lists the fields of every request.",
  },
  "config/bad-lengths": {
    means: "The file of text lengths for the benchmark cannot be read.",
    remedy: 'Write `{"lengths": [...]}` with at least one whole number from 1.',
  },
  "config/bad-proxy": {
    means: "HTTP_PROXY, HTTPS_PROXY or ALL_PROXY holds something that is not the address of a proxy.",
    remedy:
      "Set the variable to an address such as http://proxy.example.org:3128 (http, https or socks5), or unset it.",
  },
  "config/cannot-start-from": {
    means:
      "The run cannot start from the trained model that `from` (`--from`) names, with its other settings.",
    remedy:
      "Do what the message says: start with the method i2srm, and name the untrained text encoder too where captions are read.",
  },
  "config/contradiction": {
    means: "Two settings or options exclude each other, or one needs another that is missing.",
    remedy:
      "Change one of the settings that the message names; docs/configuration.md says which belong together.",
  },
  "config/invalid": {
    means:
      "Fields of a configuration, plan or option are unknown, missing or have an illegal value. All faults are listed.",
    remedy:
      "Fix the fields in the message. docs/configuration.md, docs/synthetic-data.md and docs/generators.md list every field.",
  },
  "config/no-captions": {
    means: "The model reads captions as its pictures, and no caption file was given.",
    remedy: 'Name a JSONL file of `{"image", "caption"}` rows with `--captions` or `data.captions`.',
  },
  "config/no-data-files": {
    means: "`relata init` found no training and validation documents.",
    remedy:
      "Name both files. If there is only one, split it with `relata import auto <file> --split 80/10/10 --out <folder>`.",
  },
  "config/no-modality-gap": {
    means:
      "The gap between texts and pictures is to be measured, but the model has no representation of pictures beside its texts.",
    remedy: "Name a relation model of I2SRM that was trained with pictures.",
  },
  "config/no-none-label": {
    means: "Pairs or unknown relations were to count as None, and the model has no such label.",
    remedy:
      "Train with `--negatives typed` to learn the label, or score the annotated pairs alone and leave unknown relations out.",
  },
  "config/no-pictures": {
    means: "Pictures are named or needed, and no folder of pictures was given.",
    remedy:
      "Name the folder that image names are relative to with `--pictures`. For extraction, `--no-pictures` leaves them out.",
  },
  "config/no-packed-pairs": {
    means:
      "Pairs of mentions were to be packed behind their text, and the text encoder cannot read them there: its tokens have no free choice of position.",
    remedy: 'Set model.relation.pairs to "separate", or use BERT, RoBERTa, XLM-R or DistilBERT.',
  },
  "config/no-relation-model": {
    means: "A relation between two mentions was asked of a model that only finds entities.",
    remedy: "Load a relation model, or a bundle that holds one.",
  },
  "config/no-such-label": {
    means: "No relation of the model or the data has the name that was given for the label None.",
    remedy: "Name one of the labels in the message, or leave `--none-label` (`data.noneLabel`) out.",
  },
  "config/no-such-picture": {
    means: "There is no picture file at the path that a post or a document gives.",
    remedy: "Check the path and the picture folder, or leave the picture out.",
  },
  "config/no-such-stage": {
    means: "`visual.stages` names a stage that the picture encoder does not have.",
    remedy: "Name stages that the message lists, or remove `visual.stages`.",
  },
  "config/no-type-pairs": {
    means: "The model was trained before models recorded which entity types their relations join.",
    remedy: "Score with `--negatives all`, or train the model again.",
  },
  "config/not-found": {
    means:
      "There is no configuration file at the given path. Or none was named, the folder has none, and no options were given instead.",
    remedy: "Name the file with `--config`, or give at least `--encoder`, `--train` and `--validation`.",
  },
  "config/not-in-store": {
    means: "More rounds or chains of generated views were asked for than the store has.",
    remedy:
      "Lower `synthesis.rounds` or `synthesis.chains` to what the message gives, or make a larger store.",
  },
  "config/nothing-to-score": {
    means: "Views were to be scored, and the configuration names no generated views.",
    remedy: 'Set `method` to "mi2rage" and `synthesis.store` to a store that `relata synthesize` made.',
  },
  "config/no-adapted-layer": {
    means:
      "No trained linear layer of the text encoder has one of the names that were to get low-rank adapters.",
    remedy: "Name layers that the message lists in `training.adapters.targets`, or freeze fewer layers.",
  },
  "config/other-direction": {
    means: "The store was made from the other real modality than `synthesis.real` says.",
    remedy: "Set `synthesis.real` as the message says, or make a store from the other modality.",
  },
  "config/other-encoder": {
    means: "The text encoder that was named is not the one of the trained model that the run starts from.",
    remedy: "Leave the encoder out: the run then takes the one of the trained model.",
  },
  "config/other-scores": {
    means: "The folder holds scores, or teachers, of other documents, views or settings.",
    remedy: "Use the documents, views and settings of the start, or name another folder with `--run`.",
  },
  "config/prompt-length": {
    means: "The picture encoder's channels cannot be divided into that many prompt positions.",
    remedy: "Set `model.promptLength` to 4, or to another divisor of four times the channels.",
  },
  "config/provider-without-library": {
    means: "A precision or options were given for a plugin provider, but no provider.",
    remedy: "Add `--provider` with a name that relata knows, or the path of the plugin's shared library.",
  },
  "config/too-large": {
    means: "The settings make a single weight too large to be trained.",
    remedy: "Lower the settings that the message names.",
  },
  "config/too-many-frozen-layers": {
    means: "More layers were to be frozen than the text encoder has.",
    remedy: "Set `training.frozenLayers` to the number in the message at most.",
  },
  "config/two-models": {
    means: 'The task is "both", but what was called needs the configuration of one model.',
    remedy: 'Set the task to "mner", "mre" or "classification"; training takes "both".',
  },
  "config/unreadable": {
    means: "The configuration file is not valid JSON, cannot be run as a module, or has no default export.",
    remedy:
      "Fix the file at the place in the message. A .ts configuration ends in `export default defineConfig({ ... })`.",
  },
  "config/offsets-not-for-format": {
    means: "A unit of offsets is given for files of a format that has no offsets.",
    remedy: "Leave `offsets` out, or name another format.",
  },
  "config/view-without-counterpart": {
    means: "Views cannot be selected by similarity because the store's chains end with them.",
    remedy: "Make the store with `closing: true` in the plan, or use fewer rounds (`synthesis.rounds`).",
  },
  "config/views-without-captions": {
    means: "The store's pictures have no captions, and the model reads captions.",
    remedy: 'Set `visual.kind` to "pictures".',
  },
  "config/views-without-pixels": {
    means: "The store keeps its pictures by their captions alone, and the model reads pixels.",
    remedy: 'Set `visual.kind` to "captions".',
  },
  "config/window-length": {
    means: "The windows that long texts are cut into leave no room between the special tokens.",
    remedy: "Give a length of at least the number in the message.",
  },
  "config/window-overlap": {
    means: "The overlap of two windows is not a whole number from 0.",
    remedy: "Give a number of tokens, or 0 for no overlap.",
  },
  "config/wrong-extension": {
    means: "The configuration file has an extension that is not read.",
    remedy: "Name a .ts, .mts, .js, .mjs or .json file.",
  },
  "config/wrong-extraction-option": {
    means: "An extraction option is outside its range.",
    remedy: "Correct the option that the message names, or leave it out for its default.",
  },
} satisfies CodeTable;
