// Codes of the encoders: folders and the hub, weights, tokenizers, pictures and detectors.
import type { CodeTable } from "./code-table.ts";

/** Errors about text and picture encoders, `relata/tokenizing` and `relata/pictures`. */
export const ENCODER_CODES = {
  "encoder/ambiguous-weights": {
    means: "The folder has no model.safetensors, and several other files could be the weights.",
    remedy:
      "Make a folder with one of them, named model.safetensors, beside the model's other files, and pass its path.",
  },
  "encoder/bad-adapters": {
    means:
      "A trained model's weight file does not say how its low-rank adapters belong to its weights: the note in its head is wrong, or a matrix is missing or has another size.",
    remedy: "Restore the model's own file (copy the whole folder again), or train again.",
  },
  "encoder/bad-character-map": {
    means: "The tokenizer's table of characters is shorter than it says.",
    remedy: "Download tokenizer.json again.",
  },
  "encoder/bad-description": {
    means: "The .json file that describes an ONNX encoder or detector is missing, or a field of it is wrong.",
    remedy: "Correct the fields that the message names; docs/your-data.md lists them all.",
  },
  "encoder/bad-detector-output": {
    means: "The detector's output has another shape, type or range than its described layout.",
    remedy:
      "Name the layout and the outputs that the network was exported with; docs/your-data.md lists the layouts.",
  },
  "encoder/bad-file-name": {
    means: "The weight index names a file that could be outside the encoder's folder.",
    remedy: "Do not use this model, or correct the file names in its weight index by hand.",
  },
  "encoder/bad-hub-address": {
    means: "The address of the model hub is not a plain http or https address.",
    remedy: "Correct or unset HF_ENDPOINT. Give an access token in HF_TOKEN, never in the address.",
  },
  "encoder/bad-logits": {
    means: "The output named as class scores is not float32 [batch, classes].",
    remedy: "Name another output of the network in the description, or leave `logits` out.",
  },
  "encoder/bad-map": {
    means:
      "An output named as a visual map is not float32 [batch, channels, height, width], or does not pool to 2 x 2.",
    remedy: "Name the outputs of the network's stages, each with a height and width of at least 2.",
  },
  "encoder/bad-markers": {
    means:
      "Two of the four entity markers are the same, or the encoder has fewer embedding rows than the tokenizer has tokens.",
    remedy: "Give four different markers and the number of rows of the tokenizer's own encoder.",
  },
  "encoder/bad-mention": {
    means: "A mention is not a range of the text's words.",
    remedy: "Give a half-open range of word indices with at least one word.",
  },
  "encoder/bad-preprocessor": {
    means:
      "The settings of picture preprocessing are damaged, out of range, or contradict each other between two files.",
    remedy: "Correct the file that the message names, or download it again.",
  },
  "encoder/bad-revision": {
    means: "The revision of a hub model cannot be a branch, tag or commit.",
    remedy: "Give a branch such as `main`, a tag, or a commit of 40 hexadecimal digits.",
  },
  "encoder/bad-token": {
    means: "HF_TOKEN holds characters that no access token has, for instance a line break or quotes.",
    remedy: "Set HF_TOKEN to the token alone, or unset it.",
  },
  "encoder/bad-tokenizer": {
    means:
      "The tokenizer's files cannot be used: a part is missing or wrong, or two files disagree about a token.",
    remedy: "Download all tokenizer files of the model again.",
  },
  "encoder/bad-weight-index": {
    means: "The index that says which file holds which weight cannot be used.",
    remedy: "Download the weights again, index included.",
  },
  "encoder/broken-detector": {
    means: "The detector's ONNX file cannot be loaded, or refuses the input that its description announces.",
    remedy:
      "Check that the ONNX file is complete, and that size, inputs and layout in the description are those it was exported with.",
  },
  "encoder/broken-onnx": {
    means: "The ONNX file is incomplete or damaged.",
    remedy: "Download or export the model again, with all of its files.",
  },
  "encoder/changed": {
    means:
      "A picture or caption encoder, or a detector, is no longer the one that the model was trained with.",
    remedy: "Put the original back, or train the model again. A bundle (`relata export`) keeps its own copy.",
  },
  "encoder/damaged-download": {
    means: "A file arrived from the hub with another size or checksum than the hub states.",
    remedy: "Try again. If it happens again, the hub's file or a proxy in between is damaged.",
    fault: "work",
  },
  "encoder/detector-not-finite": {
    means: "The detector gave NaN or infinity for a picture.",
    remedy: "Check the described preprocessing, and export the network again in float32 if it is float16.",
  },
  "encoder/empty-batch": {
    means: "Features were asked of an empty list of pictures.",
    remedy: "Pass at least one picture.",
  },
  "encoder/external-weights-outside": {
    means:
      "The ONNX file keeps weights at a path outside its own folder. It is refused before anything is opened.",
    remedy: "Do not use this file, or save it again with its weights in the same folder.",
  },
  "encoder/external-weights-too-short": {
    means: "A file of weights beside the ONNX file ends before the weights do.",
    remedy: "Download or export the model again, with all of its files.",
  },
  "encoder/git-lfs-pointer": {
    means: "A file of the encoder is a Git LFS pointer, not the content itself.",
    remedy: "Run `git lfs pull` in the repository it came from, or download the file itself.",
  },
  "encoder/hub-answer-too-large": {
    means: "The hub's answer or list of files is larger than any model's.",
    remedy:
      "Check that HF_ENDPOINT names a model hub. Or download the folder by other means and pass its path.",
    fault: "work",
  },
  "encoder/hub-failed": {
    means: "The hub answered with an error, or with something that is not a hub's answer.",
    remedy: "Try again later and check HF_ENDPOINT. Or download the folder by other means and pass its path.",
    fault: "work",
  },
  "encoder/hub-link-refused": {
    means: "The hub continues its list of files on another host, which is not followed.",
    remedy: "Set HF_ENDPOINT to the hub itself, or download the folder by other means and pass its path.",
    fault: "work",
  },
  "encoder/hub-redirects": {
    means: "The hub redirects too often, or to an address that is not followed.",
    remedy: "Set HF_ENDPOINT to the final address, or download the folder by other means and pass its path.",
    fault: "work",
  },
  "encoder/hub-unreachable": {
    means: "There is no folder of this name, and the hub cannot be reached to download a model of this name.",
    remedy:
      "Check the path, the network and the proxy (HTTPS_PROXY). Without a network, download the folder on another machine and pass its path.",
  },
  "encoder/mention-without-tokens": {
    means: "The tokenizer makes no token of a mention, so the model cannot see it.",
    remedy: 'Correct the mention, or set `emptyMention: "unknown-token"`.',
  },
  "encoder/mentions-too-long": {
    means: "The two mentions alone have more tokens than the model reads.",
    remedy: "Raise the greatest length, or leave this pair out. Extraction leaves it out and says so.",
  },
  "encoder/missing-weight": {
    means: "The weight file lacks weights that the model of the config.json needs.",
    remedy: "Use the weights that belong to the config.json beside them.",
  },
  "encoder/no-base": {
    means:
      "A model of a bundle keeps adapters and heads only, and the file with the text encoder that it shares with the bundle's other models is missing.",
    remedy:
      "Copy the whole bundle, not one folder of it, or name the folder of the model's own training (model-best).",
  },
  "encoder/no-config": {
    means: "The folder or hub model has no config.json.",
    remedy: "Pass the folder that holds config.json. The message names the way out of other known layouts.",
  },
  "encoder/no-external-weights": {
    means: "The ONNX file keeps weights in other files, and they are not beside it.",
    remedy: "Put the files where the ONNX file names them, relative to its folder, under their own names.",
  },
  "encoder/no-joint-space": {
    means: "Texts are to be compared with pictures, but the model has no common space for both.",
    remedy: "Name the folder or hub id of a CLIP model.",
  },
  "encoder/no-model-file": {
    means: "The described ONNX file is not where its description says.",
    remedy: "Correct `model` in the description, which is relative to it, or put the file there.",
  },
  "encoder/no-padding-token": {
    means: "The tokenizer's vocabulary has no token for padding.",
    remedy: "Name it as `pad_token` in tokenizer_config.json.",
  },
  "encoder/no-picture-reading": {
    means:
      "Pictures are to be compared as a trained model reads them, but it has no vector for a whole picture.",
    remedy:
      "Name a student of MI2RAGE or a relation model of I2SRM that was trained with pictures and the semantic loss, or a picture encoder.",
  },
  "encoder/no-preprocessor": {
    means: "The picture encoder's folder does not say how pictures are prepared.",
    remedy: "Add the preprocessor_config.json, or processor_config.json, that was saved with the model.",
  },
  "encoder/no-shard": {
    means: "A file that the weight index names is not in the folder.",
    remedy: "Download the files of weights that the message names into the folder.",
  },
  "encoder/no-such-folder": {
    means: "The encoder's name is neither an existing folder nor a hub id.",
    remedy:
      "Pass the path of a folder with config.json, or a full hub id: FacebookAI/roberta-base, not roberta-base.",
  },
  "encoder/no-such-input": {
    means: "The ONNX file has no input of the described name.",
    remedy: "Use one of the input names in the message.",
  },
  "encoder/no-such-model": {
    means:
      "There is no such folder, and the hub has no model of this name and revision, or does not show it to you.",
    remedy: "Check the path, the id and the revision. For a gated or private model set HF_TOKEN.",
  },
  "encoder/no-such-output": {
    means: "The ONNX file has no output of the described name.",
    remedy: "Use one of the output names in the message.",
  },
  "encoder/no-tokenizer": {
    means: "The encoder's folder does not have any of the tokenizer files that are read.",
    remedy:
      "Add tokenizer.json, or vocab.txt, or vocab.json with merges.txt. A SentencePiece model must first be converted to tokenizer.json.",
  },
  "encoder/no-weights": {
    means: "The folder has no weights in the safetensors format.",
    remedy:
      "Save the model as model.safetensors. For weights in several files, add their index; merge an adapter with its base model first.",
  },
  "encoder/not-a-picture": {
    means:
      "The file is not a picture of a kind that is read (JPEG, PNG, GIF, WebP, TIFF, AVIF). The message says what it seems to be.",
    remedy: "Convert or fetch the picture again, or take it out of the data.",
  },
  "encoder/not-cached": {
    means: "The model is not complete in the local cache, and downloading is switched off.",
    remedy: "Run once with network access, or pass the path of the model's folder.",
  },
  "encoder/not-json": {
    means: "A settings file of the encoder is not a JSON object.",
    remedy: "Download the file again.",
  },
  "encoder/picture-broken": {
    means: "The picture is cut off or damaged.",
    remedy: "Download the picture again, or remove it from the data.",
  },
  "encoder/picture-too-large": {
    means: "The picture has more bytes, more pixels or a longer side than is decoded.",
    remedy: "Scale the picture down, or remove it from the data.",
  },
  "encoder/picture-too-long": {
    means: "One side of the picture is so much longer than the other that scaling it would fill the memory.",
    remedy: "Cut out the part that matters, or take the picture out of the data.",
  },
  "encoder/picture-unreadable": {
    means: "The picture's file is not a regular file, may not be read, or vanished during the run.",
    remedy: "Check its permissions, and do not change the picture folder during a run.",
  },
  "encoder/pixel-thread-died": {
    means: "A thread that scales pictures ended unexpectedly.",
    remedy: "Give the process more memory, or let it start threads, and run the command again.",
    fault: "work",
  },
  "encoder/shard-lacks-weight": {
    means: "A file of weights does not hold what the weight index says.",
    remedy: "The index and the files belong to different models: download all of them again.",
  },
  "encoder/slow-pattern": {
    means: "A pattern of the tokenizer takes too long on a text and was stopped.",
    remedy: "Use the tokenizer.json that was published with the encoder.",
  },
  "encoder/text-too-long": {
    means: "The text has more tokens than the model reads, and cutting is not allowed.",
    remedy: 'Raise the greatest length, shorten the text, or allow cutting (`overlong: "truncate"`).',
  },
  "encoder/uneven-batch": {
    means: "The preprocessing gives the pictures of one batch different sizes.",
    remedy: "Use a preprocessing that makes all pictures the same size: an exact resize, or a crop.",
  },
  "encoder/unreadable-file": {
    means: "A file of the encoder cannot be read or unpacked.",
    remedy: "Check that it is a regular file that you may read, or download it again.",
  },
  "encoder/unsupported-config": {
    means: "The config.json describes a model that relata cannot build, or a field of it is wrong.",
    remedy: "Use an encoder of a family in the message, or correct the fields that it names.",
  },
  "encoder/unsupported-normalizer": {
    means: "The tokenizer normalises text in a way that relata does not know.",
    remedy: "Use a tokenizer of the BERT, RoBERTa, XLM-R, CLIP, MPNet, DeBERTa-v3 or ModernBERT family.",
  },
  "encoder/unsupported-pattern": {
    means: "A pattern of the tokenizer cannot be expressed in JavaScript, or is far too long.",
    remedy: "Use a tokenizer of the BERT, RoBERTa, XLM-R, CLIP, MPNet, DeBERTa-v3 or ModernBERT family.",
  },
  "encoder/unsupported-post-processor": {
    means: "The tokenizer adds special tokens in a way that relata does not know.",
    remedy: "Use a tokenizer of the BERT, RoBERTa, XLM-R, CLIP, MPNet, DeBERTa-v3 or ModernBERT family.",
  },
  "encoder/unsupported-pre-tokenizer": {
    means: "The tokenizer cuts text into words in a way that relata does not know.",
    remedy: "Use a tokenizer of the BERT, RoBERTa, XLM-R, CLIP, MPNet, DeBERTa-v3 or ModernBERT family.",
  },
  "encoder/unsupported-preprocessor": {
    means: "The picture preprocessing belongs to a family that relata does not know.",
    remedy:
      "Use an encoder of the CLIP, SigLIP, ViT, DINOv2 or ResNet family, or describe an ONNX encoder with its preprocessing in a .json file.",
  },
  "encoder/unsupported-subword-model": {
    means: "The tokenizer cuts words into subwords in a way that relata does not know.",
    remedy: "Use a tokenizer with a WordPiece, BPE or Unigram model.",
  },
  "encoder/unsupported-tokenizer": {
    means: "The vocab.txt is not a WordPiece vocabulary of BERT.",
    remedy: "Convert the tokenizer to tokenizer.json, and put that into the folder.",
  },
  "encoder/weight-not-finite": {
    means:
      "A weight of an encoder has elements that are NaN or infinite, so no output of it would be a number.",
    remedy: "Download the model again. If you trained or converted it yourself, use an earlier checkpoint.",
  },
  "encoder/word-offsets": {
    means: "A word's range has another length than its text.",
    remedy: "Give half-open ranges in UTF-16 code units whose slices of the text are the words.",
  },
  "encoder/wrong-picture-shape": {
    means: "A picture encoder was given pixels of another shape than it takes.",
    remedy: "Prepare the pictures with the settings of this encoder's preprocessor_config.json.",
  },
  "encoder/wrong-weight-dtype": {
    means: "A weight is stored as integers or in another type that is not a floating-point number.",
    remedy: "Use the model that is not quantised.",
  },
  "encoder/wrong-weight-shape": {
    means: "A weight has another shape than the config.json implies.",
    remedy: "Put the config.json that the weights were saved with beside them.",
  },
} satisfies CodeTable;
