// Codes of the engine: onnxruntime, devices, sessions, the optimiser and weight files.
import type { CodeTable } from "./code-table.ts";

/** Errors of `relata/engine`. */
export const ENGINE_CODES = {
  "engine/bad-concurrency": {
    means: "The number of batches to predict at the same time is not a whole number from 1.",
    remedy: "Leave the option out: as many batches then run as the threads allow.",
  },
  "engine/bad-group": {
    means: "A parameter group has a weight decay or a learning-rate scale that is negative or not a number.",
    remedy: "Set the field that the message names to 0 or more.",
  },
  "engine/bad-optimizer-option": {
    means:
      "AdamW was given an option outside its range: beta1, beta2, epsilon, a step, a rate or a gradient norm.",
    remedy: "Set the option to a number in the range that the message gives.",
  },
  "engine/bad-shape": {
    means: "A parameter was declared with a size that is negative or not a whole number.",
    remedy: "Declare sizes as whole numbers from 0. Parameters cannot have named sizes.",
  },
  "engine/bad-thread-count": {
    means: "The number of threads is not a whole number from 1 to the limit.",
    remedy: "Leave `--threads` out to use one thread per core, or give a number in the range of the message.",
  },
  "engine/cuda-unavailable": {
    means: "The device `cuda` was asked for, and onnxruntime cannot use an NVIDIA GPU here.",
    remedy:
      "Install the NVIDIA driver, CUDA and cuDNN, and onnxruntime's CUDA provider beside the library (`node node_modules/onnxruntime-node/script/install.js`), or name a GPU build of the library. Use the device `cpu` otherwise.",
  },
  "engine/detached-buffer": {
    means: "A tensor's memory was transferred to another thread, so nothing can be read from it any more.",
    remedy: "Copy the tensor before you transfer its buffer, or use the copy on the receiving side.",
  },
  "engine/disposed": {
    means: "A runtime, session, model or extractor was used after it was disposed of.",
    remedy: "Dispose of it after its last use. With `await using`, keep the uses inside the block.",
  },
  "engine/duplicate-group": {
    means: "Two parameter groups have the same name.",
    remedy: "Give every group its own name.",
  },
  "engine/duplicate-parameter": {
    means: "Two parameters have the same name.",
    remedy: "Give every parameter its own name, for instance by a scope for each layer.",
  },
  "engine/int8-unavailable": {
    means:
      "Eight-bit prediction was asked for on a device other than the CPU, or for weights that are being trained.",
    remedy: "Use the precision `fp32`, or load a trained model on the CPU.",
  },
  "engine/not-packable": {
    means:
      "A weight cannot be stored in the asked precision: it is not finite, or too large for half precision.",
    remedy: "Export in `fp32`. If a value is not finite, use an earlier model or train again.",
  },
  "engine/library-not-loadable": {
    means: "The named file is not an onnxruntime library that this process can load.",
    remedy:
      "Name a library that was built for this operating system and processor, or leave the option out to use the one of onnxruntime-node.",
  },
  "engine/library-too-old": {
    means: "The onnxruntime library is older than the version whose interface relata calls.",
    remedy: "Name a newer library, or leave the option out to use the one of onnxruntime-node.",
  },
  "engine/missing-input": {
    means: "A graph was run without a tensor for one of its inputs.",
    remedy: "Pass a tensor for every input that the message names.",
  },
  "engine/no-library": {
    means:
      "A shared library is not there: the named onnxruntime or provider library, the package onnxruntime-node, or its build for this platform.",
    remedy:
      "Correct the path, or run `npm install` if the package is missing. For a platform without a build, download onnxruntime and pass its path as `library`.",
  },
  "engine/no-model": {
    means: "There is no ONNX file at the given path, or the given buffer is empty.",
    remedy: "Correct the path, or pass a buffer that was not transferred to another thread.",
  },
  "engine/no-such-provider": {
    means: "The provider library does not offer the execution provider that was asked for.",
    remedy:
      "Name one of the providers in the message with `--provider`, or leave it out if there is only one.",
  },
  "engine/non-finite-scores": {
    means: "The model gave NaN or infinity for a document, so no label can be chosen.",
    remedy:
      "The weights or the picture's features hold such numbers. Use an earlier model or train again; compute features from a file again.",
    fault: "work",
  },
  "engine/not-trainable": {
    means:
      "Gradients or optimiser state were asked of parameters that are frozen or were created for inference.",
    remedy: "Create the parameters with `{ trainable: true }`, and do not freeze the ones that you train.",
  },
  "engine/optimizer-busy": {
    means: "The optimiser was called again before its previous call had ended.",
    remedy: "Await `accumulate()` and `apply()`.",
  },
  "engine/out-of-memory": {
    means: "The memory for the model's parameters could not be allocated.",
    remedy: "Train a smaller model, or use a machine or container limit with more memory.",
  },
  "engine/parameter-too-large": {
    means: "A single trainable parameter has more elements than one block of memory can hold.",
    remedy: "Make one of its sizes smaller, or declare it in several parts.",
  },
  "engine/plugin-without-device": {
    means: "The provider library was loaded and finds no device that it can use.",
    remedy: "Check the device and its driver, or leave the provider library out.",
  },
  "engine/provider-not-installed": {
    means:
      "The library of a plugin provider that relata knows by name is neither named by its variable of the environment nor installed as a Python package.",
    remedy:
      "Install the package that the message names with pip, name the Python that has it with `RELATA_PYTHON`, or give the library's path.",
  },
  "engine/provider-precision": {
    means:
      "A precision was asked of a provider whose options relata does not know, or bf16 on a processor without it.",
    remedy:
      "Leave the precision out. For a provider that relata does not know, give its own options with `--provider-option`.",
  },
  "engine/provider-unused": {
    means: "The plugin provider took no node of a graph, so all of the graph would run without it.",
    remedy: "Leave the provider out. `relata bench providers` says which one helps on this machine.",
  },
  "engine/resizable-buffer": {
    means: "A tensor is held in a resizable ArrayBuffer, whose memory could vanish while the graph runs.",
    remedy: "Copy the data into an ArrayBuffer of fixed length.",
  },
  "engine/runtime-failed": {
    means: "onnxruntime refused a model or failed while running it. The message quotes what it said.",
    remedy:
      "Check the graph and the shapes of its inputs at the node that the message names. If the device is out of memory, use smaller batches.",
    fault: "work",
  },
  "engine/safetensors-bad-entry": {
    means: "The header of a safetensors file describes a tensor without a proper object or shape.",
    remedy: "Download or export the file again.",
  },
  "engine/safetensors-bad-metadata": {
    means: "The metadata of a safetensors file is not a map from text to text.",
    remedy: "Export the file again with text values in its metadata.",
  },
  "engine/safetensors-changed": {
    means: "A safetensors file changed size after it was opened.",
    remedy: "Leave the file alone while it is in use, and open it again.",
  },
  "engine/safetensors-duplicate-name": {
    means: "The header of a safetensors file names one tensor twice, so one of the two would be lost.",
    remedy: "Export the file again with a safetensors library.",
  },
  "engine/safetensors-gap": {
    means: "Some bytes of a safetensors file belong to no tensor, which the format forbids.",
    remedy: "Download or export the file again.",
  },
  "engine/safetensors-git-lfs-pointer": {
    means: "The file holds a Git LFS pointer, not the weights themselves.",
    remedy: "Run `git lfs pull` in the repository it came from, or download the file itself.",
  },
  "engine/safetensors-header-not-json": {
    means: "The header of a safetensors file is not a JSON object in UTF-8.",
    remedy: "Check that it is a safetensors file, and download or export it again.",
  },
  "engine/safetensors-header-too-large": {
    means: "The first bytes announce a larger header than any safetensors file has.",
    remedy: "Check that it is a safetensors file; a PyTorch .bin file gives this error, too.",
  },
  "engine/safetensors-no-file": {
    means: "There is no readable regular file at the path of a safetensors file.",
    remedy: "Correct the path, and check that you may read the file.",
  },
  "engine/safetensors-no-tensor": {
    means: "The safetensors file does not hold the tensor that was asked for.",
    remedy: "Use the file that belongs to the model, and check the prefix of the tensor names.",
  },
  "engine/safetensors-out-of-range": {
    means: "The header of a safetensors file gives a tensor a byte range that is not one.",
    remedy: "Download or export the file again.",
  },
  "engine/safetensors-overlap": {
    means: "Two tensors of a safetensors file claim the same bytes.",
    remedy: "Download or export the file again.",
  },
  "engine/safetensors-reserved-name": {
    means: "A tensor was to be written under `__metadata__`, the name that the format keeps for itself.",
    remedy: "Give the tensor another name.",
  },
  "engine/safetensors-trailing-bytes": {
    means: "A safetensors file has more bytes after its last tensor.",
    remedy: "Download or export the file again; something was appended to it.",
  },
  "engine/safetensors-truncated": {
    means: "A safetensors file ends before its last tensor does.",
    remedy: "Download or copy the file again, to its end.",
  },
  "engine/safetensors-unknown-dtype": {
    means: "A safetensors file names an element type that the format does not define.",
    remedy: "Export the file again with a current safetensors library.",
  },
  "engine/safetensors-unsupported-dtype": {
    means:
      "The tensor has an element type of the format that relata does not read, such as float64 or an eight-bit float.",
    remedy: "Save the weights as float32, float16 or bfloat16.",
  },
  "engine/safetensors-wrong-size": {
    means: "A tensor's shape and its byte range in the safetensors file do not agree.",
    remedy: "Download or export the file again.",
  },
  "engine/several-providers": {
    means: "The provider library offers several execution providers, and none was named.",
    remedy: "Name one of those in the message with `--provider`.",
  },
  "engine/small-native-stack": {
    means: "Another library was loaded through koffi first, which fixed stacks too small for onnxruntime.",
    remedy:
      "Open relata's runtime before the other library is loaded, or call `koffi.config` with the stack size in the message first.",
  },
  "engine/thread-died": {
    means:
      "A worker thread of the optimiser ended during a step. Some parameters may be updated and others not.",
    remedy:
      "Resume from the last checkpoint. If it happens again, give the process more memory or construct AdamW with one thread.",
    fault: "work",
  },
  "engine/threads-unavailable": {
    means: "The optimiser could not start its worker threads. Nothing was computed.",
    remedy: "Allow the process to start threads, or construct AdamW with `{ threads: 1 }`.",
  },
  "engine/too-many-accumulations": {
    means: "More micro-batches were accumulated in one step than AdamW was told to expect.",
    remedy: "Construct AdamW with the largest number of micro-batches, or leave `accumulation` out.",
  },
  "engine/unknown-device": {
    means: "The device is not one that relata knows.",
    remedy: "Name one of the devices in the message.",
  },
  "engine/unknown-group": {
    means: "A parameter names a group that was not defined.",
    remedy: "Define the group, or put the parameter into one that exists.",
  },
  "engine/unknown-input": {
    means: "A graph was run with a tensor for an input that it does not have.",
    remedy: "Use the input names in the message.",
  },
  "engine/unknown-output": {
    means: "An output was asked for that the graph does not have.",
    remedy: "Use the output names in the message.",
  },
  "engine/unknown-parameter": {
    means: "There is no parameter of this name.",
    remedy: "Use one of the names that `names()` returns.",
  },
  "engine/unknown-provider": {
    means: "The name is not that of a plugin provider that relata knows, and no library was named.",
    remedy: "Name one of those in the message, or the path of a library. A device is chosen with `--device`.",
  },
  "engine/unreadable-model": {
    means:
      "The ONNX file is there and cannot be read: it is not a regular file, may not be opened, or is a Git LFS pointer.",
    remedy: "Do what the message says about the file, then load the model again.",
  },
  "engine/unsupported-dtype": {
    means: "A model's input or output, or a given tensor, has an element type that relata does not handle.",
    remedy:
      "Export the model with float32, float16, bfloat16, int64, int32, uint8, int8 or bool tensors, and make tensors with `hostTensor()`.",
  },
  "engine/webgpu-unavailable": {
    means: "The device `webgpu` was asked for, and no graphics device can be opened here.",
    remedy:
      "Install a graphics driver: Vulkan on Linux (libvulkan.so.1 and a driver), Direct3D 12 on Windows, Metal on macOS. Use the device `cpu` otherwise.",
  },
  "engine/wrong-accumulation": {
    means: "A step was applied for another number of micro-batches than were accumulated.",
    remedy: "Call `accumulate()` after each micro-batch and pass their number, or 1 without accumulation.",
  },
  "engine/wrong-array": {
    means: "A tensor's elements are not held in the typed array of its element type.",
    remedy: "Make tensors with `hostTensor()`.",
  },
  "engine/wrong-dtype": {
    means: "A tensor has another element type than the graph's input or output.",
    remedy: "Pass a tensor of the type that the message names.",
  },
  "engine/wrong-element-count": {
    means: "A tensor has more or fewer elements than its shape says.",
    remedy: "Give as many elements as the product of the sizes.",
  },
  "engine/wrong-shape": {
    means:
      "A tensor's shape does not fit the graph's input or output, or named sizes disagree between inputs.",
    remedy: "Pass tensors of the shapes in the message. The same name must have the same size everywhere.",
  },
} satisfies CodeTable;
