// Codes for the files of model folders and bundles, which are compared with their manifest before anything is loaded.
import type { CodeTable } from "./code-table.ts";

/** Errors about the files of a model folder or of a bundle. */
export const MODEL_FILE_CODES = {
  "bundle/bad-manifest": {
    means: "The bundle's list of files is not the list that the export wrote.",
    remedy: "Copy the whole bundle again, or export it again with `relata export`.",
  },
  "bundle/changed": {
    means: "A file of the bundle is no longer the one that was exported: its size or SHA-256 differs.",
    remedy: "Copy the whole bundle again, or export it again with `relata export`.",
  },
  "bundle/missing-file": {
    means: "A file that the bundle lists is not there.",
    remedy: "Copy the whole bundle again, subfolders included.",
  },
  "bundle/not-a-file": {
    means: "A path that the bundle lists is a folder, a pipe or a broken link, or its file cannot be read.",
    remedy: "Copy the bundle with the files themselves in place of links.",
  },
  "bundle/outside-path": {
    means:
      "The bundle names a file outside its own folder, or a model on a hub. It is refused before anything is opened.",
    remedy:
      "Export the bundle again with `relata export`, which copies everything it needs. Do not load it if you did not make it.",
  },
  "bundle/unlisted-file": {
    means: "The bundle's folder holds a file that the export did not write and that would be read.",
    remedy: "Remove the file, or copy the bundle again into an empty folder.",
  },
  "model/bad-manifest": {
    means: "The model folder's list of files is not the list that training wrote.",
    remedy: "Copy the whole model folder again, or train again.",
  },
  "model/changed": {
    means:
      "A file of the model folder is no longer the one that training wrote: its size or SHA-256 differs, or its calibration belongs to other weights.",
    remedy:
      "Copy the whole model folder again, or train again. A calibration can also be removed; probabilities are then not calibrated.",
  },
  "model/missing-file": {
    means: "A file that the model folder lists is not there.",
    remedy: "Copy the whole model folder again, or train again.",
  },
  "model/not-a-file": {
    means: "A path that the model folder lists is not a regular file, or cannot be read.",
    remedy: "Put the model's own file back in its place.",
  },
  "model/outside-path": {
    means: "The model folder's list names a path outside the folder.",
    remedy: "Copy the model's own list of files again. Do not load the model if you did not make it.",
  },
  "model/unlisted-file": {
    means: "The model folder holds a file that training did not write and that would be read.",
    remedy: "Remove the file, or copy the model folder again.",
  },
} satisfies CodeTable;
