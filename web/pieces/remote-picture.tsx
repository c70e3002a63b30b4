// A picture of the server, fetched with the token of this tab.
import { useEffect, useState } from "preact/hooks";
import { pictureAt } from "../api/page-data.ts";
import { problemFrom } from "../api/problem.ts";
import { useObjectUrl } from "./use-object-url.ts";

/** The picture, or why it cannot be shown. */
export function RemotePicture({ path, alt }: { readonly path: string; readonly alt: string }) {
  const [blob, setBlob] = useState<Blob>();
  const [failure, setFailure] = useState<string>();
  const url = useObjectUrl(blob);
  useEffect(() => {
    let isWanted = true;
    pictureAt(path).then(
      (answer) => isWanted && setBlob(answer),
      (error: unknown) => isWanted && setFailure(problemFrom(error).detail),
    );
    return () => {
      isWanted = false;
    };
  }, [path]);
  if (failure !== undefined) return <p class="quiet remote-picture">No picture: {failure}</p>;
  if (url === undefined) return <div class="remote-picture" />;
  return <img class="remote-picture" src={url} alt={alt} loading="lazy" />;
}
