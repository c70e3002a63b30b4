// How to show and stop the download of an encoder while a run is prepared.
import type { EncoderDownload } from "../../encoders/text-encoder.ts";
import type { Extensions } from "../../extensions/extension.ts";
import type { TrainRequest } from "../requests.ts";

/** Shows downloads as part of the preparation. */
export function downloadOptions(
  reference: string,
  {
    onPreparation,
    signal,
    extensions,
  }: Pick<TrainRequest, "onPreparation" | "signal"> & { readonly extensions?: Extensions | undefined },
): EncoderDownload {
  return {
    extensions,
    signal,
    onDownload: (file, bytes) =>
      onPreparation?.({
        what: `downloading ${file} of ${reference} (${(bytes / 1e6).toFixed(1)} MB)`,
        done: 0,
        total: 1,
      }),
  };
}
