// A picture with the parts of it that a model looked at.
import { useState } from "preact/hooks";
import type { Region } from "../api/types.ts";
import { regionName } from "./region-name.ts";

interface Props {
  readonly src: string;
  readonly name: string;
  readonly regions: readonly Region[];
  readonly size: { readonly width: number; readonly height: number } | null | undefined;
}

/** Shows a picture; a region that is pointed at or focused in the list stands out. */
export function PictureWithRegions({ src, name, regions, size }: Props) {
  const [shown, setShown] = useState<number>();
  return (
    <figure class="picture">
      <div class="picture-frame">
        <img src={src} alt={name} />
        {size != null && (
          <svg class="regions" aria-hidden="true" viewBox={`0 0 ${size.width} ${size.height}`}>
            {regions.map(({ kind, box: [left, top, right, bottom] }, i) => (
              <g
                key={`${left} ${top} ${right} ${bottom} ${kind}`}
                class={shown === i ? "region shown" : "region"}
              >
                <rect x={left} y={top} width={right - left} height={bottom - top} />
                <rect class="region-line" x={left} y={top} width={right - left} height={bottom - top} />
              </g>
            ))}
          </svg>
        )}
      </div>
      <figcaption>
        {regions.length === 0 ? (
          name
        ) : (
          <ul class="region-list" aria-label="What the models looked at">
            {regions.map((region, i) => (
              <li key={region.box.join(" ")}>
                <button
                  type="button"
                  class="small region-choice"
                  aria-pressed={shown === i}
                  onMouseEnter={() => setShown(i)}
                  onMouseLeave={() => setShown(undefined)}
                  onFocus={() => setShown(i)}
                  onBlur={() => setShown(undefined)}
                  onClick={() => setShown(i)}
                >
                  {regionName(region, i, regions)}
                </button>
              </li>
            ))}
          </ul>
        )}
      </figcaption>
    </figure>
  );
}
