// The devices that graphs run on. Apart from the code that opens them, so that a table of options does not load a native library.

/** Devices that graphs run on. */
export const DEVICES = ["cpu", "webgpu", "cuda"] as const;
/** The device that a graph runs on: "cpu", "webgpu" or "cuda". */
export type Device = (typeof DEVICES)[number];
