// The sections `data` and `visual` of the configuration.
import { z } from "zod";
import { ANNOTATOR_POLICIES } from "../data/document-format.ts";
import { OFFSET_UNITS } from "../data/offset-units.ts";
import { formatNames } from "../data/readers.ts";
import { negativesSchema } from "./negatives.ts";
import { named, section } from "./schema-fields.ts";

/** Stages in `visual.stages`, repetitions included: a picture's maps take memory for each. */
const MOST_STAGES = 16;

const captionsOf = (split: string) =>
  z.string().min(1).optional().describe(`JSONL file of {"image", "caption"} for the ${split} documents.`);

export const data = z
  .strictObject({
    format: named(formatNames())
      .default("auto")
      .describe(
        "Format of the data files; docs/data.md describes each one. `auto`: guessed from each file's content. Or the name of a reader from `extensions`.",
      ),
    bio: z
      .enum(["conll", "strict", "repair"])
      .default("conll")
      .describe(
        "How to read orphan I- tags of a CoNLL file. `conll`: as the start of an entity (as conlleval and seqeval do). `strict`: their text is rejected. `repair`: see docs/data.md.",
      ),
    imageExtension: z
      .string()
      .default(".jpg")
      .describe("Extension to add to an `IMGID` of a CoNLL file to get the name of its picture."),
    offsets: z
      .enum(OFFSET_UNITS)
      .optional()
      .describe(
        "What `start` and `end` count in the data files: `utf-16` (code units: JavaScript, Java), `code-point` (Python, most annotation tools) or `utf-8` (bytes: Go, Rust). Absent: what a document says in `meta.offsets`, or UTF-16. For formats with offsets only.",
      ),
    annotators: z
      .enum(ANNOTATOR_POLICIES)
      .optional()
      .describe(
        "Whose annotations to read in an export of an annotation tool if several people annotated a text; docs/importing.md describes each. Absent: `first`.",
      ),
    textField: z
      .string()
      .min(1)
      .optional()
      .describe("The field with the text in such an export, where projects name it. Absent: it is found."),
    imageField: z
      .string()
      .min(1)
      .optional()
      .describe("The field with the picture in such an export. Absent: it is found."),
    train: z.string().min(1).describe("File of training documents."),
    validation: z.string().min(1).describe("File of validation documents, which choose the best epoch."),
    pictures: z
      .string()
      .min(1)
      .optional()
      .describe(
        "Folder to which the documents' `image` names are relative; used when `visual.kind` is `pictures`.",
      ),
    captions: section("Captions to use instead of the pictures when `visual.kind` is `captions`.", {
      train: captionsOf("training"),
      validation: captionsOf("validation"),
    }),
    relations: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(2)])
      .optional()
      .describe(
        "The relation labels: a list, or a JSON file that maps labels to indices (`rel2id.json`). Absent: the labels of the training documents, None first.",
      ),
    noneLabel: z
      .string()
      .min(1)
      .optional()
      .describe(
        "The data's own label for no relation (`NA`, `no_relation`, `Other`), in the documents and in `relations`: it is read as `None`. Absent: only `None` means no relation.",
      ),
    negatives: negativesSchema
      .default("auto")
      .describe(
        "Which ordered pairs of entities without an annotated relation become `None`, in training, validation and evaluation (`mre`). `typed`: pairs whose types are joined by a relation in the training documents; these are the pairs that extraction asks about. `all`: pairs of any types. A number: that many `typed` pairs per relation, in training only. `none`: no pairs. `auto`: `typed`, but `none` if the training documents annotate `None` themselves, have a label that may mean it (`NA`), or have one pair per row (`mnre`). See docs/data.md.",
      ),
    entityTypes: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe("The entity types (`mner`). Absent: those of the training documents, sorted."),
    categories: z
      .array(z.string().min(1))
      .min(2)
      .optional()
      .describe("The categories (`classification`). Absent: those of the training documents, sorted."),
  })
  .describe("What data to read.");

export const visual = section("What the model sees of the picture.", {
  kind: z
    .enum(["none", "pictures", "features", "captions"])
    .default("none")
    .describe(
      "`none`: text only. `pictures`: maps of `visual.encoder`, computed once per picture and cached. `features`: maps computed elsewhere, from a file. `captions`: the caption, encoded by the frozen text encoder, replaces the picture in the visual prefix; it is not added to the text, and results call it caption-as-vision. See docs/your-data.md.",
    ),
  encoder: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Picture encoder for `pictures`: a ResNet, CLIP, SigLIP, ViT or DINOv2 as a folder in the Hugging Face layout or as a hub id (`microsoft/resnet-50`, downloaded once), or a `.json` file that describes an ONNX picture encoder (docs/your-data.md), or the name of a picture encoder from `extensions`. Published: ResNet-50.",
    ),
  stages: z
    .array(z.int().positive().max(MOST_STAGES))
    .min(1)
    .max(MOST_STAGES)
    .optional()
    .describe(
      "For `pictures`: which stages of the picture encoder the visual prefix is made of, by number from 1 at the bottom, joined in this order; one may occur several times. A ResNet has four; the `maps` of an ONNX encoder's description are its stages; other encoders have one. Absent: all, as published.",
    ),
  detector: z
    .string()
    .min(1)
    .optional()
    .describe(
      "For `pictures`: a `.json` file that describes an ONNX object detector (docs/your-data.md). Its best boxes, at most `model.objects`, are cropped and encoded in addition to the whole picture. Absent: only the whole picture.",
    ),
  features: z
    .string()
    .min(1)
    .optional()
    .describe(
      "For `features`: a safetensors file with `maps/<image>` [1 + crops, channels, 2, 2] and `logits/<image>` [classes]. For `pictures`: the folder where computed features are cached (default: inside `cache`, or else in the run folder).",
    ),
});
