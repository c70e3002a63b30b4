// Codes of the data layer and of the files of runs, models and bundles. Defects of single rows are in data-defects.ts.
import type { CodeTable } from "./code-table.ts";

/** Errors about data files, run folders and outputs as a whole. */
export const DATA_CODES = {
  "data/bad-columns": {
    means: "Columns of a table are named with a role that does not exist, or two columns have the same name.",
    remedy: "Name columns by role: `--columns text=Tweet head=Subject tail=Object relation=Verb`.",
  },
  "data/bad-boxes": {
    means: "The file of object boxes is too large or does not have the expected shape.",
    remedy:
      'Write one JSON object: `{"<image>": {"width", "height", "boxes": [{"label", "box": [xmin, ymin, xmax, ymax]}]}}`, in pixels.',
  },
  "data/bad-bundle": {
    means: "The bundle's own record cannot be read, or does not fit the models beside it.",
    remedy: "Export the bundle again with `relata export`.",
  },
  "data/bad-card": {
    means: "`card.json`, the record behind a model card, cannot be read.",
    remedy: "Restore the file, or remove it: the licence and the recorded scores are then lost.",
  },
  "data/bad-calibration": {
    means: "The file with a model's calibration cannot be read as one.",
    remedy:
      "Train again, or remove the file: the model then works with probabilities that are not calibrated, and results say so.",
  },
  "data/bad-features": {
    means:
      "Features to be cached are empty, their shapes do not fit their numbers, or this machine stores numbers big-endian.",
    remedy: "Give named float32 tensors whose shapes fit their data, on a little-endian machine.",
  },
  "data/bad-label-set": {
    means:
      "The label set is not a map from distinct labels to 0, 1, 2 and so on, or two labels claim to mean no relation.",
    remedy:
      'Write every label once with its index: `{"None": 0, "/per/per/peer": 1, ...}`. Name the one for no relation with `--none-label`.',
  },
  "data/bad-run-record": {
    means: "The file beside the model that records its training data cannot be read.",
    remedy:
      "Put the run's own file back, or copy the model folder out of the run to use it without the record.",
  },
  "data/bad-scores": {
    means: "The scores of generated views are missing a part or cannot be read.",
    remedy: "Score the views again with `relata score-views`.",
  },
  "data/bad-thresholds": {
    means:
      "A model's thresholds, or the validation predictions that they are fitted on, cannot be read, or the thresholds were fitted for another calibration.",
    remedy:
      "Fit the thresholds again with `relata thresholds`, or remove `thresholds.json`: everything found is then reported. If the predictions are damaged, train again.",
  },
  "data/bad-type-pairs": {
    means: "The file that says which entity types the model's relations join cannot be read.",
    remedy: "Put the file of the training run back, or train again.",
  },
  "data/broken-parquet": {
    means: "A part of the Parquet file is damaged. The message says which one.",
    remedy: "Write or download the file again.",
  },
  "data/cache-closed": {
    means: "A feature cache was used after it was closed.",
    remedy: "Close the cache after its last use, or open it again.",
  },
  "data/cache-failed": {
    means: "The operating system refused to read or write the feature cache.",
    remedy: "Follow the remedy of the message: usually the disk is full or the folder may not be written to.",
    fault: "work",
  },
  "data/cannot-read": {
    means:
      "A file or folder cannot be read: it is not there, is not a regular file, is too large, or you may not read it.",
    remedy: "Check the path and its permissions. Save what comes from a pipe to a file first.",
  },
  "data/cannot-resume": {
    means:
      "An interrupted extraction was to be resumed with another input, model or option, with another version, or after its first rows had changed.",
    remedy:
      "Resume with exactly what the extraction was begun with, or write to another file from the beginning.",
  },
  "data/cannot-split": {
    means:
      "The documents cannot be divided into the wanted parts: too few of them are independent of each other, because texts and pictures are never in two parts.",
    remedy:
      "Give more documents or larger shares, or leave out a picture that most documents have in common.",
  },
  "data/cannot-write": {
    means: "A file or folder cannot be written. The message quotes the operating system.",
    remedy:
      "Free the disk, correct the path or its permissions, then run the command again. Resumable work continues where it stopped.",
    fault: "work",
  },
  "data/damaged-output": {
    means:
      "What an interrupted extraction left behind is not what it had recorded, so it cannot be continued.",
    remedy: "Remove the files of the earlier extraction and begin again.",
  },
  "data/feature-shape": {
    means: "A picture's precomputed features have the wrong shape, or not the shape of the other pictures.",
    remedy:
      "Write `maps/<image>` [1 + crops, channels, 2, 2] and `logits/<image>` [classes] for every picture, all with one encoder.",
  },
  "data/features-not-finite": {
    means: "A picture's precomputed features hold NaN or infinity.",
    remedy: "Compute them again, or remove the picture from the file; it then counts as missing.",
  },
  "data/file-too-large": {
    means: "A file is larger than what is read into memory at once.",
    remedy: "Split the file into several.",
  },
  "data/folder-exists": {
    means: "A bundle was to be exported into a folder that is there already.",
    remedy: "Name a new folder, or remove this one.",
  },
  "data/folder-locked": {
    means:
      "Another process is working in the folder, or one that was killed left its lock and may still run.",
    remedy:
      "Wait for the other process to end. If none works there any more, delete the lock file that the message names.",
  },
  "data/input-changed": {
    means: "An input file was changed or removed while it was being read.",
    remedy: "Wait until no program writes to the file, then run the command again.",
    fault: "work",
  },
  "data/labels-differ": {
    means: "The labels of the data are not those of the trained model, or have other indices.",
    remedy: "Use the label set that was saved with the model, or train a model on these labels.",
  },
  "data/mention-without-words": {
    means: "A mention covers only white space, so a model has nothing to read there.",
    remedy: "Mark a range with at least one visible character.",
  },
  "data/missing-column": {
    means: "The Parquet file does not have a column that is needed.",
    remedy: 'Use one of the columns in the message. The column of texts must be called "text".',
  },
  "data/missing-reading": {
    means:
      'The teachers\' scores lack what the selection needs: real second views of validation documents (`share: "match"`), or a second teacher for each fold (`gate`).',
    remedy:
      "Score the views again with this setting and with validation documents that have pictures or captions, or leave the setting out.",
  },
  "data/mixed-entity-types": {
    means:
      "Some of the documents' entity types are the entity model's and some are not, so pairs of types cannot be learnt.",
    remedy: "Give documents whose entities all carry types of the model, or none of them.",
  },
  "data/no-documents": {
    means: "A data file was read, and none of its rows is a usable document.",
    remedy:
      "Run `relata validate` on the file; it lists what is wrong with each row, and as which format the file was read.",
  },
  "data/no-categories": {
    means:
      "No accepted document of the file has a category. Usually the format or the file is the wrong one.",
    remedy:
      "Write the category of each document into its field `category`, or name the column with `--columns category=<column>`.",
  },
  "data/no-captions": {
    means: "No row of the caption file can be used.",
    remedy: 'Write one `{"image", "caption"}` object per line. The message names the first fault.',
  },
  "data/no-entities": {
    means: "No accepted document of the file has an entity. Usually the format or the file is the wrong one.",
    remedy:
      "Check `--format` and the file; `relata validate` lists what was read and why rows were rejected.",
  },
  "data/no-features": {
    means: "The file of precomputed features holds no picture.",
    remedy:
      "Write `maps/<image>` [1 + crops, channels, 2, 2] and `logits/<image>` [classes] for every picture.",
  },
  "data/no-mentions": {
    means:
      "A relation model was loaded without an entity model, and the post does not say where its mentions are.",
    remedy:
      "Give the mentions (`entities`, or `--head` and `--tail`), or export a bundle with an entity model.",
  },
  "data/no-relation-labels": {
    means: "The relation model knows no relation other than None, so a bundle with it could find nothing.",
    remedy: "Train the model on documents with relations.",
  },
  "data/no-relations": {
    means:
      "No accepted document of the file has a relation. Usually the format or the file is the wrong one.",
    remedy:
      "Check `--format` and the file; `relata validate` lists what was read and why rows were rejected.",
  },
  "data/no-scores": {
    means: "The folder holds no finished scores of generated views.",
    remedy: "Run `relata score-views --run` with this folder, or finish it with `--resume`.",
  },
  "data/no-texts": {
    means: "The input folder holds no .txt file.",
    remedy: "Put one text in each .txt file, with a picture of the same name beside it where there is one.",
  },
  "data/no-type-pairs": {
    means:
      "No relation of the documents joins two mentions that the entity model finds, so no pair of types can be learnt.",
    remedy:
      "Give the documents that the relation model was trained on, or leave the constraints out (`--no-type-constraints`).",
  },
  "data/no-validation-predictions": {
    means:
      "Thresholds are to be fitted, but the model's folder does not hold what the model answered on its validation documents.",
    remedy: "Train the model again: training stores it in `validation-predictions.json`.",
  },
  "data/no-views": {
    means:
      "The store of generated views has no view of any training example: it was made from other documents.",
    remedy: "Make the store from exactly the documents that you train on. Their ids must agree.",
  },
  "data/no-visual": {
    means: "Not one training example has a usable picture or caption.",
    remedy:
      "Check the folder or the caption file. The documents' image names must be relative to it and include the extension.",
  },
  "data/not-a-feature-cache": {
    means: "The folder's cache files were written by something else or by another version.",
    remedy: "Name another folder, or delete this one: features are computed again.",
  },
  "data/not-a-model": {
    means: "The folder does not hold a trained model or a bundle.",
    remedy:
      "Name the folder of a bundle (`relata export`), or the model-best or model-last folder inside a training run.",
  },
  "data/not-a-run": {
    means: "The folder is not that of a training run, or a file of the run's record is missing or damaged.",
    remedy: "Name the folder that `relata train --run` wrote, not a folder inside it.",
  },
  "data/folder-not-empty": {
    means: "The data are to be written as a folder, and there is one of this name with files in it.",
    remedy: "Name a new folder, or empty this one.",
  },
  "data/not-in-format": {
    means:
      "Documents hold something that the format to write cannot hold, such as relations, overlapping entities, or entities that end inside a token (docs/converting.md lists it for every format).",
    remedy: "Write relata's own format or Parquet. With `--lossy` it is left out and counted.",
  },
  "data/not-parquet": {
    means:
      "The file does not begin and end as a Parquet file does. It may be cut off, encrypted or of another kind.",
    remedy: "Copy the file to its end, or name the format that it really has.",
  },
  "data/other-format": {
    means:
      "The file is of another kind than its format says: another text format, a compressed file, a picture, a database, text in UTF-16 or a Git LFS pointer.",
    remedy:
      "Do what the message says about this kind of file: usually unpack or convert it, or name its format with `--format`.",
  },
  "data/other-model": {
    means: "A model of entities was given where a model of relations is needed, or the other way round.",
    remedy: "Name a folder that was trained with the task in the message.",
  },
  "data/other-predictions": {
    means: "The predictions are not about the gold documents: an id, a text or a mention differs.",
    remedy: "Write predictions for this gold file with `relata evaluate --predictions`.",
  },
  "data/output-exists": {
    means: "The output file is there already, or an earlier extraction left a part of it.",
    remedy: "Name another output, remove this one, or add `--resume` to finish an interrupted extraction.",
  },
  "data/output-is-input": {
    means: "The output is the file that is read, or a link to it: writing it would destroy the input.",
    remedy: "Name another output.",
  },
  "data/output-locked": {
    means: "Another process is writing the output, or one that was killed left its lock and may still run.",
    remedy:
      "Wait for the other process to end, or name another output. If none writes it any more, delete the lock file in the message.",
  },
  "data/text-too-long": {
    means: "The text is longer than what one call reads.",
    remedy: "Cut the text into parts, or raise `maxTextLength` (`--max-text-length`).",
  },
  "data/unknown-category": {
    means: "The documents have categories that the model or the configuration does not name.",
    remedy: "Map the categories to known ones. To train on them, name all categories in `data.categories`.",
  },
  "data/unknown-entity-type": {
    means: "The documents have entity types that the model or the configuration does not name.",
    remedy: "Map the types to known ones. To train on them, name all types in `data.entityTypes`.",
  },
  "data/unknown-format": {
    means: "There is no data format of this name.",
    remedy: "Name one of the formats in the message; docs/data.md describes each.",
  },
  "data/unsupported-parquet": {
    means:
      "The Parquet file uses something that is not read here: a compression, an encoding, a column type, or very large row groups.",
    remedy: "Write the file again as the message says. The defaults of most tools are read.",
  },
  "data/unwanted-visual": {
    means:
      "Pictures, captions, features or generated views were given to a model that cannot see them. A single post of a batch only gets a note.",
    remedy: "Leave them out, or use a model that was trained with them.",
  },
  "data/view-without-mentions": {
    means: "A generated text of the store does not say where its two mentions are.",
    remedy: "Make the store again from these documents.",
  },
  "data/view-without-score": {
    means: "A generated view has no score, so it cannot be compared with the others.",
    remedy: "Run `relata score-views` again with exactly this store and these documents.",
  },
  "data/trained-on": {
    means:
      "A tenth of the documents to score or more are documents that the model was trained on: their texts are among its training texts, up to white space and case.",
    remedy:
      "Score the model on documents that it has not seen. `--allow-training-data` scores these all the same, and the result says so.",
  },
  "data/other-task": {
    means:
      "The documents to score are annotated for another task than the model's: an entity model and documents with nothing but relations or categories, for example.",
    remedy: "Name a file with the model's kind of annotations, or a model of the documents' task.",
  },
} satisfies CodeTable;
