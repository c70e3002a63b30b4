// How much each layer of each model used the picture: bars with their numbers.
import type { LayerUse, Region } from "../api/types.ts";
import { regionName } from "./region-name.ts";
import { ScrollFrame } from "./scroll-frame.tsx";
import { percent } from "./share.tsx";

const MODEL_NAMES = { entities: "Entities", relations: "Relations", categories: "Category" } as const;
const WIDTH = 96;
const COLOURS = 6;

/** One bar: shares of the whole width, side by side. */
function Bar({ shares }: { readonly shares: readonly number[] }) {
  let x = 0;
  return (
    <svg class="gates" aria-hidden="true" width={WIDTH} height="10" viewBox={`0 0 ${WIDTH} 10`}>
      <rect class="share-ground" width={WIDTH} height="10" rx="2" />
      {shares.map((share, i) => {
        const from = x;
        x += share * WIDTH;
        return (
          <rect
            key={from}
            class={`gate-${i % COLOURS}`}
            x={from}
            width={Math.max(0, share * WIDTH - 1)}
            height="10"
            rx="2"
          />
        );
      })}
    </svg>
  );
}

interface Props {
  readonly layers: readonly LayerUse[];
  readonly regions: readonly Region[];
}

/** Shows attention and gates by model and layer. */
export function LayerUses({ layers, regions }: Props) {
  const withAttention = layers.some(({ attention }) => attention !== undefined);
  return (
    <div>
      <ScrollFrame label="Use of the picture by layer">
        <table class="facts-table layer-uses">
          <thead>
            <tr>
              <th scope="col">Model</th>
              <th scope="col" class="number">
                Layer
              </th>
              {withAttention && <th scope="col">Attention on the picture</th>}
              <th scope="col">Gates</th>
            </tr>
          </thead>
          <tbody>
            {layers.map(({ model, layer, gates, attention, regions: byRegion }) => (
              <tr key={`${model} ${layer}`}>
                <th scope="row">{MODEL_NAMES[model]}</th>
                <td class="number">{layer}</td>
                {withAttention && (
                  <td>
                    {attention === undefined ? (
                      <span class="quiet">does not attend</span>
                    ) : (
                      <span class="gate-values">
                        <Bar
                          shares={byRegion === undefined || byRegion.length === 0 ? [attention] : byRegion}
                        />
                        <span class="gate-total">{percent(attention)}</span>
                        {byRegion !== undefined && byRegion.length > 1 && (
                          <span class="quiet">{byRegion.map(percent).join(" · ")}</span>
                        )}
                      </span>
                    )}
                  </td>
                )}
                <td>
                  <span class="gate-values">
                    <Bar shares={gates} />
                    <span>{gates.map(percent).join(" · ")}</span>
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollFrame>
      <p class="quiet fine-print">
        Attention: how much of the layer's attention goes to the picture
        {regions.length > 1 && `, in all and by region (${regions.map(regionName).join(" · ")})`}. Gates: how
        the layer weighs the stages of the picture encoder; they sum to 100 % however little of the picture it
        uses.
      </p>
    </div>
  );
}
