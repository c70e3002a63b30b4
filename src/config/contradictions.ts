// Rules between the fields of a configuration, which its schema cannot express.
import { ConfigError } from "../base/errors.ts";
import { type Config, runSchema } from "./schema.ts";

/** Refuses the configuration with a message and a remedy. */
type Fault = (message: string, remedy: string) => never;

/** Checks the rules between fields. @throws ConfigError `config/contradiction` */
export function checkTogether(config: Config, place: string): void {
  const fault: Fault = (message, remedy) => {
    throw new ConfigError({ code: "config/contradiction", message, place, remedy });
  };
  const { visual, data } = config;
  // A student may train without the document's picture or caption.
  const needsOwn = config.method !== "mi2rage";
  if (visual.kind === "pictures") {
    if (visual.encoder === undefined)
      fault(
        'visual.kind is "pictures", but visual.encoder is missing',
        "Name a picture encoder in visual.encoder: the folder of a ResNet, a hub id, or a .json file that describes an ONNX encoder.",
      );
    if (needsOwn && data.pictures === undefined)
      fault(
        'visual.kind is "pictures", but data.pictures is missing',
        "Name the folder of the pictures in data.pictures.",
      );
  }
  if (config.task === "mner" && config.training.metric === "accuracy")
    fault(
      'training.metric is "accuracy", but task is "mner"',
      "Accuracy is not defined for entities: choose micro_f1 or macro_f1.",
    );
  if (visual.kind !== "pictures" && visual.detector !== undefined)
    fault(
      `visual.detector is set, but visual.kind is "${visual.kind}"`,
      'A detector needs pixels: set visual.kind to "pictures", or remove visual.detector.',
    );
  if (visual.kind !== "pictures" && visual.encoder !== undefined)
    fault(
      `visual.encoder is set, but visual.kind is "${visual.kind}"`,
      'A picture encoder needs pixels: set visual.kind to "pictures", or remove visual.encoder.',
    );
  if (visual.kind !== "pictures" && visual.stages !== undefined)
    fault(
      `visual.stages is set, but visual.kind is "${visual.kind}"`,
      visual.kind === "features"
        ? "The maps of a features file are not divided into stages: write the wanted stages into the file, and remove visual.stages."
        : 'Stages are those of a picture encoder: set visual.kind to "pictures", or remove visual.stages.',
    );
  if ((visual.kind === "none" || visual.kind === "captions") && visual.features !== undefined)
    fault(
      `visual.features is set, but visual.kind is "${visual.kind}"`,
      'Set visual.kind to "features" to use maps computed elsewhere, or remove visual.features.',
    );
  if (config.task !== "mner" && config.training.taggerLearningRate !== undefined)
    fault(
      `training.taggerLearningRate is set, but task is "${config.task}"`,
      `${config.task === "mre" ? "Relation" : "Category"} models have no tagger: set training.headLearningRate, or remove training.taggerLearningRate.`,
    );
  if (config.task === "classification" && config.preset !== undefined)
    fault(
      `preset is "${config.preset}", but task is "classification"`,
      "The papers have no values for this task: remove preset.",
    );
  if (visual.kind === "features" && visual.features === undefined)
    fault(
      'visual.kind is "features", but visual.features is missing',
      "Name the safetensors file of maps and class scores in visual.features.",
    );
  if (
    needsOwn &&
    visual.kind === "captions" &&
    (data.captions.train === undefined || data.captions.validation === undefined)
  )
    fault(
      'visual.kind is "captions", but data.captions.train or data.captions.validation is missing',
      "Name a caption file for both splits: a model trained with captions is also scored with captions.",
    );
  checkEngine(config, fault);
  checkCrops(config, fault);
  checkMixup(config, fault);
  checkPairs(config, fault);
  checkMethod(config, fault);
  if (config.training.tokenBudget !== undefined && config.training.tokenBudget < config.training.maxLength)
    fault(
      `training.tokenBudget (${config.training.tokenBudget}) is below training.maxLength (${config.training.maxLength})`,
      "Give a budget of at least one text of the maximum length.",
    );
}

/** Rules for training under PyTorch. */
function checkEngine({ training }: Config, fault: Fault): void {
  const { engine, device, accumulation, torch = {}, provider } = training;
  if (engine !== "torch") {
    const [first] = Object.keys(torch);
    if (first !== undefined)
      fault(
        `training.torch.${first} is set, but training.engine is not "torch"`,
        'Set training.engine to "torch", or remove training.torch.',
      );
    return;
  }
  if (training.adapters !== undefined)
    fault(
      'training.adapters is set, but training.engine is "torch"',
      "Adapters are trained by onnxruntime: remove training.engine, or training.adapters.",
    );
  if (device === "webgpu")
    fault(
      'training.engine is "torch", but training.device is "webgpu"',
      "PyTorch runs on cpu or cuda: set training.device to one of them.",
    );
  if (provider !== undefined)
    fault(
      'training.provider is set, but training.engine is "torch"',
      "A plugin provider belongs to onnxruntime: remove it, or set training.engine to onnxruntime.",
    );
  const { processes = 1, nodes = 1, rendezvous } = torch;
  if (nodes > 1 && rendezvous === undefined)
    fault(
      `training.torch.nodes is ${nodes}, but training.torch.rendezvous is missing`,
      "Name the first machine and a free port there, such as 10.0.0.1:29500.",
    );
  if (processes * nodes > accumulation)
    fault(
      `there are ${processes * nodes} processes, but training.accumulation is ${accumulation}: some would never have a micro-batch`,
      `Set training.accumulation to ${processes * nodes} or a multiple of it (and training.batchSize accordingly), or start fewer processes.`,
    );
}

/** Refuses a prefix of crops only where there are none. */
function checkCrops({ method, visual, model }: Config, fault: Fault): void {
  if (model.prefix.wholePicture) return;
  const without = noCrops(method, visual, model);
  if (without === undefined) return;
  fault(
    `model.prefix.wholePicture is false, but ${without}: the prefix would show nothing`,
    "Set model.prefix.wholePicture to true, or give crops: visual.kind `pictures` with visual.detector, or `features` with crops in the file, and model.objects of 1 or more.",
  );
}

/** Why a model has no crops, as far as its configuration says. */
function noCrops(method: string, visual: Config["visual"], { objects }: Config["model"]): string | undefined {
  if (method !== "i2srm") return `method is "${method}", which looks at whole pictures`;
  if (visual.kind === "none" || visual.kind === "captions") return `visual.kind is "${visual.kind}"`;
  if (visual.kind === "pictures" && visual.detector === undefined) return "there is no visual.detector";
  return objects === 0 ? "model.objects is 0" : undefined;
}

/** Refuses packed pairs where nothing can read them. */
function checkPairs({ task, method, model, training }: Config, fault: Fault): void {
  if (task !== "mre" || model.relation.pairs === "separate") return;
  if (method !== "i2srm")
    fault(
      `model.relation.pairs is "packed", but method is "${method}"`,
      'Only I2SRM reads packed pairs: set model.relation.pairs to "separate", or method to "i2srm".',
    );
  if (training.frozenLayers > 0)
    fault(
      `training.frozenLayers is ${training.frozenLayers}, but model.relation.pairs is "packed"`,
      'The markers of the pairs pass every layer beside the text: set training.frozenLayers to 0, or model.relation.pairs to "separate".',
    );
  if (training.batches !== "random")
    fault(
      `training.batches is "${training.batches}", but model.relation.pairs is "packed"`,
      'The pairs of one text have different labels and are trained together: set training.batches to "random".',
    );
}

/** Refuses shares of a pool where there is none. */
function checkMixup({ model }: Config, fault: Fault): void {
  const { rows, enabled, ...shares } = model.mixup;
  if (!enabled || rows !== "all") return;
  const plain = runSchema.shape.model.parse({}).mixup;
  const changed = (["delta", "unmixedShare"] as const).filter((name) => shares[name] !== plain[name]);
  if (changed.length === 0) return;
  const what = changed.map((name) => `model.mixup.${name} (${shares[name]})`).join(" and ");
  fault(
    `${what} cannot have an effect: model.mixup.rows is "all", so every row is mixed`,
    'Set model.mixup.rows to "pool" to mix the rows that these shares select, or leave the shares out.',
  );
}

/** Rules for a student that reads texts made from the real texts. */
function checkAugmented({ synthesis, visual }: Config, fault: Fault): void {
  const { real, use, rounds, selection } = synthesis;
  const others = [
    ...(real === "text" ? [] : [`synthesis.real is "${real}"`]),
    ...(use === "synthetic" ? [] : [`synthesis.use is "${use}"`]),
    ...(rounds === undefined || rounds === 1 ? [] : [`synthesis.rounds is ${rounds}`]),
    ...(visual.kind === "none" ? [] : [`visual.kind is "${visual.kind}"`]),
    ...(selection.reads === "view" ? [] : [`synthesis.selection.reads is "${selection.reads}"`]),
  ];
  if (others.length === 0) return;
  fault(
    `synthesis.augmentedShare is set, so that texts are read in place of the real ones, but ${others.join(" and ")}`,
    'Set visual.kind to "none" and leave the other fields at their defaults, or remove synthesis.augmentedShare.',
  );
}

/** Rules for the student that is trained from one modality, and for settings that only it has. */
function checkMethod(config: Config, fault: Fault): void {
  const { method, task, visual, data, synthesis, training, model } = config;
  if (training.labelWeights !== "none" && method !== "mi2rage" && method !== "i2srm")
    fault(
      `training.labelWeights is "${training.labelWeights}", but method is "${method}"`,
      "A registered reader computes its loss itself: remove training.labelWeights.",
    );
  if (method !== "mi2rage") {
    if (method !== "i2srm" && task !== "mre")
      fault(`method is "${method}", but task is "${task}"`, 'Set task to "mre".');
    if (method !== "i2srm" && visual.detector !== undefined)
      fault(
        `visual.detector is set, but method is "${method}"`,
        "A relation reader looks at whole pictures: remove visual.detector.",
      );
    if (synthesis.store !== undefined)
      fault(
        `synthesis.store is set, but method is "${method}"`,
        'Set method to "mi2rage" to train with generated views, or remove synthesis.store.',
      );
    if (synthesis.augmentedShare !== undefined)
      fault(
        `synthesis.augmentedShare is set, but method is "${method}"`,
        'Set method to "mi2rage" to train on augmented texts, or remove synthesis.augmentedShare.',
      );
    if (synthesis.mixupAlpha !== undefined)
      fault(
        `synthesis.mixupAlpha is set, but method is "${method}"`,
        "I2SRM mixes with model.mixup: set model.mixup.alpha, or remove synthesis.mixupAlpha.",
      );
    if (training.adapters !== undefined && method !== "i2srm")
      fault(
        `training.adapters is set, but method is "${method}"`,
        "A registered reader builds its graph itself: remove training.adapters.",
      );
    if (training.frozenLayers > 0 && method !== "i2srm")
      fault(
        `training.frozenLayers is set, but method is "${method}"`,
        "A registered reader builds its graph itself: set training.frozenLayers to 0.",
      );
    return;
  }
  if (task === "classification")
    fault(`method is "mi2rage", but task is "${task}"`, 'Set task to "mre" or "mner".');
  if (task === "mner") checkEntityStudent(config, fault);
  if (visual.kind === "features")
    fault(
      'method is "mi2rage", but visual.kind is "features"',
      "There are no features computed elsewhere for generated views: choose pictures or captions.",
    );
  if (visual.detector !== undefined)
    fault(
      'visual.detector is set, but method is "mi2rage"',
      "The student reads whole pictures: remove visual.detector.",
    );
  if (model.fusion.width % model.fusion.heads !== 0)
    fault(
      `model.fusion.width (${model.fusion.width}) is not divisible by model.fusion.heads (${model.fusion.heads})`,
      "Choose a width that is a multiple of the number of heads.",
    );
  checkSelection(synthesis.selection, fault);
  const { use, store, real, rounds, asManyAsRounds } = synthesis;
  if (asManyAsRounds !== undefined && rounds !== undefined && asManyAsRounds > rounds)
    fault(
      `synthesis.asManyAsRounds is ${asManyAsRounds}, but synthesis.rounds is ${rounds}`,
      "Set it to at most synthesis.rounds.",
    );
  const views = rounds !== 0;
  if (real === "picture" && use !== "real" && views && data.negatives !== "auto" && data.negatives !== "none")
    fault(
      `data.negatives is ${JSON.stringify(data.negatives)}, but synthesis.real is "picture"`,
      'Texts were generated for the annotated pairs only: annotate pairs as "None" before `relata synthesize`, and remove data.negatives.',
    );
  if (use !== "real" && views && store === undefined)
    fault(
      `synthesis.use is "${use}", but synthesis.store is missing`,
      "Make a store with `relata synthesize`, or set synthesis.rounds to 0 to train without views.",
    );
  if (synthesis.augmentedShare !== undefined) {
    checkAugmented(config, fault);
    return;
  }
  if (visual.kind === "none" && (views || real === "picture"))
    fault(
      'visual.kind is "none", but the student reads pictures',
      'Set visual.kind to "pictures" or "captions", or synthesis.rounds to 0 for a student that reads only texts.',
    );
  const ownPictures = real === "picture" || use !== "synthetic";
  if (ownPictures && visual.kind === "pictures" && data.pictures === undefined)
    fault(
      "the training documents' own pictures are used, but data.pictures is missing",
      "Name the folder of the pictures in data.pictures.",
    );
  if (ownPictures && visual.kind === "captions" && data.captions.train === undefined)
    fault(
      "captions of the training documents' own pictures are used, but data.captions.train is missing",
      "Name the caption file of the training documents.",
    );
}

/** Rules for settings of the selection that need teachers. */
function checkSelection({ method, share, gate }: Config["synthesis"]["selection"], fault: Fault): void {
  if (method !== "random" && method !== "similarity") return;
  if (share === "match")
    fault(
      `synthesis.selection.share is "match", but synthesis.selection.method is "${method}"`,
      'Teachers compare kept views with real ones: set the method to "teacher", or give a number.',
    );
  if (gate.enabled)
    fault(
      `synthesis.selection.gate.enabled is true, but synthesis.selection.method is "${method}"`,
      'The gate needs teachers: set the method to "teacher" or "threshold", or the gate to false.',
    );
}

/** Rules for the student that finds entities: it reads real texts. */
function checkEntityStudent({ synthesis }: Config, fault: Fault): void {
  if (synthesis.real === "picture")
    fault(
      'synthesis.real is "picture", but task is "mner"',
      'Entities are marked in the real texts, and a generated text has no marks: set synthesis.real to "text".',
    );
  if (synthesis.mixupAlpha !== undefined)
    fault(
      'synthesis.mixupAlpha is set, but task is "mner"',
      "A sentence has no single label to mix: remove synthesis.mixupAlpha.",
    );
  if (synthesis.combination === "product")
    fault(
      'synthesis.combination is "product", but task is "mner"',
      'A student of entities reads views and text together: remove synthesis.combination, or set it to "attention".',
    );
  if (synthesis.augmentedShare !== undefined)
    fault(
      'synthesis.augmentedShare is set, but task is "mner"',
      "Only the student of relations reads texts in place of the real ones: remove synthesis.augmentedShare.",
    );
  if (synthesis.trust !== "fit" && synthesis.trust !== 1)
    fault(
      `synthesis.trust is ${synthesis.trust}, but task is "mner"`,
      "Scores of tags move with views as they were trained to: remove synthesis.trust.",
    );
}
