// Codes of synthesis: generators of pictures and texts, the store of views, its exports and measures.
import type { CodeTable } from "./code-table.ts";

/** Errors of `relata/synthesis`. Errors of a single call are counted in the run's report; the next run repeats the call. */
export const SYNTHESIS_CODES = {
  "synthesis/answer-too-large": {
    means: "A server or program answered with more bytes than it may.",
    remedy:
      "Raise `maxAnswerBytes` if such an answer is right. Otherwise check what the server or program sent.",
    fault: "work",
  },
  "synthesis/asked-to-wait": {
    means: "The server asks to wait longer than the settings allow.",
    remedy: "Come back later: what was generated is kept. Or raise `retry.longestRetryAfterMs`.",
    fault: "work",
  },
  "synthesis/bad-address": {
    means: "The server's address cannot be read, or holds a password, a query or a fragment.",
    remedy: "Write it like http://127.0.0.1:7860. Keys belong in the environment (`keyFrom`).",
  },
  "synthesis/bad-captioner": {
    means: "The captioning model cannot be found or loaded.",
    remedy: "Check the model's name or folder and its `dtype`; docs/generators.md says which models work.",
  },
  "synthesis/bad-diffusion-folder": {
    means: "The folder of the diffusion model lacks a file, or a file of it is of another kind.",
    remedy:
      "Give a Stable Diffusion 1.x or 2.x folder in the diffusers layout with ONNX networks, and the weight files beside them.",
  },
  "synthesis/bad-embedding-cache": {
    means: "The cached embeddings of a picture collection do not fit its captions.",
    remedy: "Delete the file that the message names; it is made again.",
  },
  "synthesis/bad-key": {
    means: "The environment variable for the key holds something that no key looks like.",
    remedy:
      "Set it to the key alone, in printable ASCII without spaces or line breaks; for basic access to user:password.",
  },
  "synthesis/bad-measure-option": {
    means: "An option of a measure is outside its range.",
    remedy: "Give a value in the range of the message, or leave the option out.",
  },
  "synthesis/bad-picture-size": {
    means: "The size of the pictures to generate does not fit the diffusion network.",
    remedy: "Give the multiple that the message names.",
  },
  "synthesis/bad-scheduler": {
    means: "The settings of the diffusion model's scheduler cannot be used.",
    remedy: "Choose another scheduler with `scheduler`, or correct scheduler_config.json.",
  },
  "synthesis/bad-workflow": {
    means:
      "The ComfyUI workflow cannot be used: it is not in the API format, or lacks a placeholder or an output.",
    remedy: "Save the workflow in the API format and put the placeholders where docs/generators.md says.",
  },
  "synthesis/cannot-write": {
    means: "A file of the store or of an export cannot be written. The message quotes the operating system.",
    remedy:
      "Free the disk, or correct the path or its permissions, then run the same command again: it continues where it stopped.",
    fault: "work",
  },
  "synthesis/captioner-ended": {
    means:
      "The process of the captioning model ended unexpectedly, most likely because it ran out of memory.",
    remedy: "Take a smaller model or `dtype`, then run the command again.",
    fault: "work",
  },
  "synthesis/captioner-failed": {
    means: "The captioning model failed on a picture.",
    remedy: "Look at the reason in the message; another model or `dtype` may work.",
    fault: "work",
  },
  "synthesis/calls-failed": {
    means:
      "Calls of a part of a store had no answer, so a worker of a queue could not finish it. The message has the code of the most frequent failure, and the first one's words.",
    remedy:
      "`relata explain <code>` says more about that failure. The same command tries the part again and makes only the calls that have no answer.",
    fault: "work",
  },
  "synthesis/claim-lost": {
    means:
      "The process stood still for more than a minute, on a sleeping machine for instance, and a process on another machine or a worker of a queue continued with its part of the store.",
    remedy: "Run the command again: it continues with what nobody does.",
    fault: "work",
  },
  "synthesis/command-failed": {
    means:
      "The program that generates could not be started, ended with an error, was killed, or named a file that cannot be read.",
    remedy:
      "Run the program by hand with such an input. docs/generators.md describes what it must read and answer.",
    fault: "work",
  },
  "synthesis/damaged-store": {
    means: "A file of the store is not what was written: its content, its row or its hash is wrong.",
    remedy: "Restore the store from a backup, or remove the folder and run `relata synthesize` again.",
  },
  "synthesis/duplicate-instance": {
    means: "Two documents of the plan have the same id, so their views could not be told apart.",
    remedy: "Give every document its own id.",
  },
  "synthesis/empty-collection": {
    means: "The collections for retrieval hold no caption.",
    remedy:
      'Name files of `{"image", "caption"}` or `{"image", "captions"}` rows, and the folder of their pictures.',
  },
  "synthesis/empty-text": {
    means: "A model answered with an empty text, or with thoughts and no text.",
    remedy: "Raise `maxTokens`, switch the model's reasoning off, or give it another instruction.",
    fault: "work",
  },
  "synthesis/folder-in-use": {
    means: "The folder for a new store holds something else.",
    remedy: "Name a new or empty folder with `--store`.",
  },
  "synthesis/forgotten": {
    means:
      "The ComfyUI server no longer knows a prompt or a picture of it: it was restarted, or something clears its queue or output.",
    remedy: "Check the server's log: it may have run out of memory. Then run the command again.",
    fault: "work",
  },
  "synthesis/host-not-allowed": {
    means:
      "The server's answer points to a picture on another host, which is not fetched unless you allow it.",
    remedy: 'Add the host to `pictureHosts` if you trust it, or set `responseFormat` to "b64_json".',
  },
  "synthesis/incomplete-store": {
    means: "The store is not finished: some of the planned calls are missing.",
    remedy: "Run `relata synthesize` with the same plan and `--store` again; it continues where it stopped.",
  },
  "synthesis/no-encoder": {
    means: "Retrieval of pictures by text needs a text encoder, and none was named.",
    remedy: 'Set `encoder` to a folder or a hub id such as "sentence-transformers/all-MiniLM-L6-v2".',
  },
  "synthesis/no-generator": {
    means: "The plan's rounds and direction need a generator that is not configured.",
    remedy: "Configure the generator that the message names; docs/generators.md lists them.",
  },
  "synthesis/no-instances": {
    means: "The data hold nothing to generate from.",
    remedy:
      "Name a data file with documents. For a plan that starts from pictures, the documents need relations and pictures, and `data.pictures` names their folder.",
  },
  "synthesis/no-key": {
    means: "The environment variable that should hold the key is not set.",
    remedy: "Set the variable, or name another one in `keyFrom`.",
  },
  "synthesis/no-pixels": {
    means: "A retrieved picture is known by its caption alone, and the next generator needs its pixels.",
    remedy: "Use a captioner that reads retrieved captions, or generate the pictures.",
  },
  "synthesis/no-such-instance": {
    means: "The store holds no call for this instance.",
    remedy:
      "Use the document's id. Of several relations of one picture, each is called `<document>#<number>`.",
  },
  "synthesis/no-such-store": {
    means: "The folder is not a store of generated views.",
    remedy: "Name the folder that was given to `relata synthesize` with `--store`.",
  },
  "synthesis/no-transformers-js": {
    means: "The captioner needs a package that is not installed.",
    remedy: "Run `npm install @huggingface/transformers`, or use another adapter.",
  },
  "synthesis/not-a-captioned-picture": {
    means: "Content of the store that should be a picture with its caption is not.",
    remedy: "Generate the view again.",
  },
  "synthesis/not-a-number": {
    means: "Embeddings hold NaN or infinity, so nothing can be measured.",
    remedy: "Check the encoder: damaged weights, or float16 weights that overflow, give such numbers.",
    fault: "work",
  },
  "synthesis/not-a-picture": {
    means: "A generator answered with something that is not a whole PNG, JPEG or WebP within the limits.",
    remedy: "Check the address, the server's log and `maxPixels`.",
    fault: "work",
  },
  "synthesis/not-a-text": {
    means: "A generator answered with a text that is endless, is not UTF-8 or holds control characters.",
    remedy: "Ask the model directly about such a picture; it may need another instruction.",
    fault: "work",
  },
  "synthesis/not-authorised": {
    means: "The server refuses access (status 401 or 403).",
    remedy:
      "Name the variable that holds the key in `keyFrom`, or check the key and what it may be used for.",
  },
  "synthesis/not-json": {
    means: "The server answered with something other than JSON.",
    remedy: "Check the address: another server, a proxy or a login page may have answered.",
    fault: "work",
  },
  "synthesis/not-simulated": {
    means: "The views were not made by the simulator of the embedded corpus, so their truth is not known.",
    remedy: "Ask only about stores that the adapter `simulator` made.",
  },
  "synthesis/nothing-to-measure": {
    means: "No view could be measured: none is accepted, scored or embedded.",
    remedy:
      "Name a picture encoder with `--picture-encoder` for views with pixels, or score the views first.",
  },
  "synthesis/other-plan": {
    means: "The store was started with another plan or other data. The message lists what differs.",
    remedy: "Use the plan and the data of the start, or name another folder with `--store`.",
  },
  "synthesis/output-exists": {
    means: "The folder for an export is not empty.",
    remedy: "Name another folder, or empty this one.",
  },
  "synthesis/picture-not-finite": {
    means: "The diffusion model made a pixel that is NaN or infinite.",
    remedy: "Use the float32 export of the networks: float16 overflows with some prompts and devices.",
    fault: "work",
  },
  "synthesis/rate-limited": {
    means: "The server refuses more requests for now (status 429).",
    remedy: "Lower `requestsPerMinute` and `concurrency`, raise `retry.times`, or check your quota.",
    fault: "work",
  },
  "synthesis/redirect-refused": {
    means: "The server redirects to another address, which is not followed.",
    remedy: "If you trust the final address, put it into the settings.",
  },
  "synthesis/request-refused": {
    means: "The server does not take the request. The message quotes its answer.",
    remedy: "Check the address, the model's name and the settings against what the server accepts.",
    fault: "either",
  },
  "synthesis/server-failed": {
    means: "The server failed while it worked on a request.",
    remedy: "Look into the server's log. What was generated so far is kept.",
    fault: "work",
  },
  "synthesis/store-address": {
    means:
      "The store of generated views was named as an address, such as `s3://bucket/prefix`. Its logs and packs grow call by call, which objects of a bucket cannot.",
    remedy:
      "Name a folder, on a file system that all machines share if there are several. Copy it to a bucket when it is complete.",
  },
  "synthesis/text-cut-off": {
    means: "The model's answer was cut off before its end, or before any text came.",
    remedy: "Raise `maxTokens`, ask for a shorter text, or switch the model's reasoning off.",
    fault: "work",
  },
  "synthesis/timeout": {
    means: "A server or program did not answer in time.",
    remedy: "Raise `timeoutMs` (for ComfyUI `generationTimeoutMs`), or lower `concurrency`.",
    fault: "work",
  },
  "synthesis/too-many-steps": {
    means: "More diffusion steps were asked for than the network's schedule allows.",
    remedy: "Use fewer steps; 20 to 50 are usual.",
  },
  "synthesis/unexpected-answer": {
    means: "The server or program answered, but not in the form that its protocol has.",
    remedy:
      "Check that the address belongs to a server of this kind and version; for a program, see docs/generators.md.",
    fault: "work",
  },
  "synthesis/unknown-instance": {
    means: "The simulator was asked about a document that is not part of its embedded corpus.",
    remedy: "Use the simulator with the documents of the corpus that its setting `world` names.",
  },
  "synthesis/unknown-picture": {
    means: "The simulator was given a picture that is neither its corpus's nor one that it made.",
    remedy: "Give it pictures of its corpus, or pictures that it made, byte for byte.",
  },
  "synthesis/unknown-scheduler": {
    means: "The diffusion model names a scheduler that is not known.",
    remedy: "Set `scheduler` to one of those in the message; it runs with the noise schedule of this model.",
  },
  "synthesis/unknown-text": {
    means: "The simulator was given a text with no wording of its embedded corpus.",
    remedy: "Give it texts of its corpus, or texts that it made, unchanged.",
  },
  "synthesis/unreachable": {
    means: "The server cannot be reached, or hung up.",
    remedy: "Check that the server runs, its address, the network and the proxy.",
    fault: "work",
  },
  "synthesis/unreadable-picture": {
    means: "A document's picture file cannot be read. The document is left out and counted.",
    remedy: "Check the picture folder and the permissions of the file.",
  },
} satisfies CodeTable;
