// A worker process of `relata serve`: loads one model and answers batches until it is told to end or the server is gone.
import { errorRecord, type FromWorker, type ToWorker } from "./protocol.ts";

const VERSION_LENGTH = 12; // 48 bits tell versions of a model apart

/** Listens to the server. */
function main(): void {
  // The server decides when its workers end: a terminal and systemd send their signals to the workers too.
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => undefined);
  // The server is gone, perhaps by kill -9. Nothing here is worth finishing, and an orderly end could wait for a thread that hangs.
  process.once("disconnect", () => process.kill(process.pid, "SIGKILL"));
  let work: Promise<Work> | undefined;
  process.on("message", (message: ToWorker) => {
    switch (message.kind) {
      case "load":
        work = open(message);
        break;
      case "read":
        void work?.then((opened) => opened.read(message));
        break;
      case "end":
        void work?.then((opened) => opened.end());
        break;
      default:
        message satisfies never;
    }
  });
}

interface Work {
  read(message: ToWorker & { kind: "read" }): Promise<void>;
  end(): Promise<void>;
}

/** Loads the model and says so; a model that cannot be loaded ends the process after its error was told. */
async function open({ folder, options }: ToWorker & { kind: "load" }): Promise<Work> {
  try {
    const { load } = await import("../../extract/load.ts");
    const { scoresOnRecord } = await import("../../extract/card/card-facts.ts");
    const { modelIdentity } = await import("../../extract/model-identity.ts");
    const { runtimeOptions } = await import("../../extractors/shared/runtime-options.ts");
    const { BatchReader } = await import("./batch-reader.ts");
    const { describeModel } = await import("./describe-model.ts");
    const { warmUp } = await import("./warm-up.ts");
    const extractor = await load(folder, runtimeOptions({ ...options, extensions: options.extension }));
    const scores = await scoresOnRecord(folder);
    const version = (await modelIdentity(folder)).slice(0, VERSION_LENGTH);
    await warmUp(extractor);
    const reader = new BatchReader(extractor);
    await tell({ kind: "ready", version, description: describeModel(extractor, scores) });
    return {
      async read({ batch, posts }) {
        const { results, readMs } = await reader.read(posts);
        await tell({ kind: "answers", batch, results, readMs });
      },
      async end() {
        await reader.finished();
        await extractor.dispose();
        process.exit(0);
      },
    };
  } catch (error) {
    await tell({ kind: "cannot-load", error: errorRecord(error) });
    process.exit(1);
  }
}

/** Sends a message to the server and waits until it is on its way. */
function tell(message: FromWorker): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(message, undefined, undefined, (error) => (error ? reject(error) : resolve()));
  });
}

main();
