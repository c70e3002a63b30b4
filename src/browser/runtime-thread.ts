// Threads of onnxruntime-web where a bundler has put it into the worker's own file. onnxruntime starts its threads from the file it is in, which
// is then ours: such a worker has to become a thread instead of waiting for the page's requests.

/** The name that onnxruntime-web gives its threads. */
const THREAD = "em-pthread";

type Device = "wasm" | "webgpu";

/** The part of a worker's scope that is used here. */
interface Scope {
  readonly name?: string;
  readonly location: { readonly href: string; readonly hash: string };
  Worker: typeof Worker;
  addEventListener(type: "message", listener: (event: MessageEvent) => void): void;
  removeEventListener(type: "message", listener: (event: MessageEvent) => void): void;
  dispatchEvent(event: MessageEvent): boolean;
}

const scope = globalThis as unknown as Scope;

/** Whether this worker was started by onnxruntime-web, not by the page. */
export function isRuntimeThread(): boolean {
  return scope.name?.startsWith(THREAD) === true;
}

/** Has threads that onnxruntime-web starts from this worker's own file told which of its modules they belong to. */
export function markThreads(device: Device): void {
  const Native = scope.Worker;
  const own = withoutHash(scope.location.href);
  scope.Worker = class extends Native {
    constructor(url: string | URL, options?: WorkerOptions) {
      const isOwnThread = options?.name?.startsWith(THREAD) && withoutHash(String(url)) === own;
      super(isOwnThread ? `${own}#${device}` : url, options);
    }
  };
}

/** Turns this worker into a thread: loads the module that started it, and hands on what arrived meanwhile. */
export async function becomeRuntimeThread(): Promise<void> {
  const early: MessageEvent[] = [];
  const keep = (event: MessageEvent) => void early.push(event);
  scope.addEventListener("message", keep);
  if (scope.location.hash === "#webgpu") await import("onnxruntime-web/webgpu");
  else await import("onnxruntime-web/wasm");
  scope.removeEventListener("message", keep);
  for (const { data } of early) scope.dispatchEvent(new MessageEvent("message", { data }));
}

function withoutHash(url: string): string {
  return url.replace(/#.*$/s, "");
}
