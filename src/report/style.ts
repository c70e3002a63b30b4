// The style sheet of the report: light and dark from one set of colours, phone to desktop, print. The page has no other style.

import { LANES } from "../data/text-pieces.ts";
import { SHADES } from "./blocks/confusion.ts";
import { MOST_ROUNDS } from "./blocks/contact-sheet.ts";
import { TINTS } from "./blocks/highlights.ts";
import { WIDEST_PAD } from "./blocks/table.ts";

/** Each colour for light and dark; tests check the contrast in a browser. */
const COLOURS: Readonly<Record<string, readonly [light: string, dark: string]>> = {
  page: ["#fcfcfb", "#15181c"],
  raised: ["#ffffff", "#1c2026"],
  sunken: ["#f3f4f5", "#101316"],
  text: ["#1b2026", "#e4e7eb"],
  muted: ["#565f6b", "#a5aeba"],
  rule: ["#e3e6ea", "#2a3038"],
  line: ["#aab2bd", "#5b6572"],
  accent: ["#0b5aa6", "#82bdf5"],
  good: ["#0d6b45", "#63d3a4"],
  bad: ["#a8321f", "#ff9d8a"],
  caution: ["#fdf3dc", "#3a2f14"],
  "caution-line": ["#b98500", "#d9a832"],
  heat: ["#3d8fd1", "#2c689c"],
  "series-1": ["#0b62a8", "#6cb4f0"],
  "series-2": ["#b8480a", "#ff9a5c"],
  "series-3": ["#00795a", "#4fd0a7"],
  "series-4": ["#97407f", "#e39ccb"],
  "series-5": ["#806300", "#e0c04e"],
  "series-6": ["#4b5563", "#c3cad4"],
  "tint-1": ["#dbe9f7", "#1d3b58"],
  "tint-2": ["#fbe3d3", "#55301a"],
  "tint-3": ["#d6eee4", "#17453a"],
  "tint-4": ["#f2dfec", "#4b2a42"],
  "tint-5": ["#f2eac8", "#463d14"],
  "tint-6": ["#e4e7eb", "#363d47"],
};

/** Returns a colour of the light page, for drawings outside a page. @throws RangeError for an unknown name */
export function lightColour(name: string): string {
  const [light] = COLOURS[name] ?? [];
  if (light === undefined) throw new RangeError(`The style sheet has no colour "${name}"`);
  return light;
}

const range = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

const variables = (value: (light: string, dark: string) => string) =>
  Object.entries(COLOURS)
    .map(([name, [light, dark]]) => `--${name}:${value(light, dark)};`)
    .join("");

const SHADE_STEP = 8; // per cent: text is readable even on the darkest shade

const GENERATED = [
  ...range(SHADES).map(
    (n) =>
      `.confusion td.shade-${n},.numbers td.shade-${n}{background:color-mix(in srgb,var(--heat) ${n * SHADE_STEP}%,var(--raised))}`,
  ),
  ...range(TINTS).map((n) => `.tint-${n}{--tint:var(--tint-${n});--edge:var(--series-${n})}`),
  ...range(LANES - 1).map(
    (n) => `mark.lane-${n}{--lane:${n}}.marked:has(.lane-${n}){line-height:${1.9 + 0.3 * n}}`,
  ),
  ...range(MOST_ROUNDS).map((n) => `.rounds-${n}{--rounds:${n}}`),
  ...range(WIDEST_PAD).map((n) => `.pad-${n}{display:inline-block;width:${n}ch}`),
].join("\n");

const BASE = `
*,*::before,*::after{box-sizing:border-box}
html{font-size:100%;scroll-behavior:smooth;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--text);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Noto Sans","DejaVu Sans",Arial,sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:break-word}
h1,h2,h3,h4,p,dd,dt,li,summary,nav a{overflow-wrap:anywhere}
h1,h2,h3,h4{line-height:1.25;margin:0;font-weight:650;text-wrap:balance}
h1{font-size:clamp(1.55rem,1.2rem + 1.6vw,2.15rem);letter-spacing:-.015em}
h2{font-size:1.35rem;letter-spacing:-.01em}
h3{font-size:1rem}
h4{font-size:.9rem}
p{margin:.35rem 0 .7rem;max-width:68ch}
ul,ol,dl,dd,figure{margin:0;padding:0}
ul,ol{list-style:none}
a{color:var(--accent)}
summary{cursor:pointer;width:fit-content;color:var(--accent);font-size:.9rem;padding:.2rem 0}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:3px}
main:focus{outline:none}
pre{margin:.5rem 0 0;padding:.9rem 1rem;background:var(--sunken);border:1px solid var(--rule);border-radius:6px;font:.8rem/1.5 ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow:auto;max-height:36rem;overflow-wrap:normal}
td,th,dd,dt,mark,.id,.label{unicode-bidi:isolate}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.skip{position:absolute;left:-99rem;top:.5rem;z-index:3;background:var(--raised);padding:.5rem .9rem}
.skip:focus{left:.5rem}
.legend{font-size:.85rem;color:var(--muted);margin:.35rem 0 0}
.id{font:.75rem/1.4 ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;color:var(--muted);margin:0}
`;

const LAYOUT = `
body{display:grid;grid-template-columns:13.5rem minmax(0,1fr)}
nav{position:sticky;top:0;align-self:start;height:100vh;overflow:auto;padding:2.6rem 1rem 1.5rem 1.5rem;display:flex;flex-direction:column;gap:1.5rem;border-right:1px solid var(--rule)}
nav a{display:block;padding:.28rem .6rem;border-radius:5px;color:var(--muted);text-decoration:none;font-size:.9rem;line-height:1.35}
nav a:hover{color:var(--text);background:var(--sunken)}
main{width:100%;max-width:66rem;padding:2.4rem clamp(1rem,4vw,3rem) 5rem;margin:0 auto}
section[id]{margin-top:3.2rem;padding-top:1.4rem;border-top:1px solid var(--rule);scroll-margin-top:.5rem}
.block{margin-top:1.6rem;min-width:0}
.pair>:last-child:nth-child(odd){grid-column:1/-1}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,25rem),1fr));gap:0 2.5rem;align-items:start}
.pair>figure{display:grid;grid-row:span 3;grid-template-rows:subgrid;grid-template-columns:minmax(0,1fr)}
.theme{border:1px solid var(--line);border-radius:7px;padding:2px;margin:0;display:flex;width:fit-content;flex:none}
.theme label{position:relative;cursor:pointer;font-size:.8rem}
.theme input{position:absolute;inset:0;opacity:0;margin:0;width:100%;height:100%;cursor:pointer}
.theme span{display:block;padding:.18rem .6rem;border-radius:5px;color:var(--muted)}
.theme input:checked+span{background:var(--text);color:var(--page)}
.theme input:focus-visible+span{outline:2px solid var(--accent);outline-offset:2px}
.subtitle{font-size:1.08rem;color:var(--muted);margin:.5rem 0 0}
.note{margin:1rem 0 0;padding:.55rem .9rem;border-left:3px solid var(--line);background:var(--sunken);border-radius:0 5px 5px 0;font-size:.93rem;max-width:none}
.note.caution{background:var(--caution);border-color:var(--caution-line)}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));margin-top:1.8rem}
.facts>div{display:grid;grid-row:span 2;grid-template-rows:subgrid;align-content:start;padding:0 1.1rem;margin-bottom:1rem;border-left:1px solid var(--rule)}
.facts dt{font-size:.82rem;color:var(--muted)}
.facts .value{font-size:1.7rem;font-weight:600;letter-spacing:-.02em;line-height:1.3}
.facts .spread{font-size:.95rem;color:var(--muted);white-space:nowrap}
.facts .detail{display:block;font-size:.8rem;color:var(--muted)}
footer{margin-top:3rem}
`;

const PARTS = `
.scroll{overflow-x:auto;margin-top:.5rem}
table{border-collapse:collapse;font-size:.9rem;line-height:1.4}
table.numbers th,table.numbers td{padding:.34rem .9rem;text-align:left;vertical-align:baseline;border-bottom:1px solid var(--rule);white-space:nowrap}
table.numbers th:first-child{padding-left:.2rem}
table.numbers thead th{font-weight:500;font-size:.82rem;color:var(--muted);border-bottom:1px solid var(--line);white-space:normal;vertical-align:bottom;max-width:11rem;overflow-wrap:break-word}
table.numbers tbody th{font-weight:500;white-space:normal;min-width:8rem;max-width:24rem;overflow-wrap:anywhere}
table.numbers tbody tr:hover{background:var(--sunken)}
table.numbers .number{text-align:right}
table.numbers tbody th.number{min-width:0;font-weight:400}
.mean strong{font-weight:700}
td .spread{color:var(--muted);font-size:1em;text-align:left;white-space:pre}
.mark{text-align:left}
.nothing,.zero{color:var(--muted)}
.confusion{border-spacing:2px;border-collapse:separate;font-size:.8rem}
.confusion td{min-width:2.1rem;height:1.8rem;padding:0 .25rem;text-align:center;background:var(--raised)}
.confusion td.right{outline:1.5px solid var(--text);outline-offset:-1px}
.confusion td.sum{color:var(--muted);background:none}
.confusion th{font-weight:500;text-align:right;padding:0 .45rem;white-space:nowrap;max-width:14rem;overflow:hidden;text-overflow:ellipsis}
.confusion thead th{vertical-align:bottom;padding:.4rem 0;text-align:center}
.confusion .turned span{display:inline-block}
.confusion .turned span{writing-mode:vertical-rl;transform:rotate(180deg);max-height:13rem;overflow:hidden;text-overflow:ellipsis;text-align:left}
.confusion thead .corner{color:var(--muted);font-weight:400;padding:.4rem .45rem;text-align:right}
.chart{container-type:inline-size;margin:.5rem 0 .1rem}
.chart svg{display:block;width:100%;height:auto;overflow:visible}
.chart svg.narrow{max-width:30rem}
.chart svg.wide{display:none;max-width:60rem}
@container (min-width:600px){.chart svg.wide{display:block}.chart svg.narrow{display:none}}
figure.calibration{max-width:31rem}
figcaption p{font-size:.9rem;color:var(--muted);margin:.15rem 0 .4rem}
.series{display:flex;flex-wrap:wrap;gap:.1rem 1.2rem;font-size:.85rem;line-height:1.6}
.series .legend{margin:0}
.series svg{vertical-align:middle}
mark{--lane:0;background:var(--tint);color:inherit;border-bottom:2px solid var(--edge);border-radius:3px 3px 0 0;padding:.05em .12em calc(.05em + var(--lane)*4px);-webkit-box-decoration-break:clone;box-decoration-break:clone}
mark.predicted{background:none;border:1.5px dashed var(--edge);border-radius:3px}
mark.both{border:1.5px solid var(--edge);border-radius:3px}
mark.continued{padding-left:0;border-left:0;border-top-left-radius:0;border-bottom-left-radius:0}
mark.continues{padding-right:0;border-right:0;border-top-right-radius:0;border-bottom-right-radius:0}
.unseen-character::after{content:attr(data-code);font:.65em/1 ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;color:var(--muted);border:1px solid var(--line);border-radius:3px;padding:0 .25em;margin:0 .1em;vertical-align:.1em;unicode-bidi:isolate}
mark small{font-size:.68em;font-weight:650;letter-spacing:.02em;margin-right:.35em;color:var(--text)}
.marked{line-height:1.75;margin:0;white-space:pre-line}
.examples{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,27rem),1fr));gap:1rem;margin-top:.8rem}
.example{display:flex;gap:1rem;padding:.9rem;background:var(--raised);border:1px solid var(--rule);border-radius:8px;border-left:4px solid var(--line)}
.example.right{border-left-color:var(--good)}
.example.wrong{border-left:4px double var(--bad)}
.example>img,.example>.no-picture{flex:none;width:clamp(5.5rem,28%,10rem);height:auto;align-self:flex-start;border-radius:4px}
.words{min-width:0;flex:1}
.verdict{display:flex;flex-wrap:wrap;gap:.15rem 1.1rem;margin:.6rem 0 .3rem;font-size:.88rem}
.verdict dt{display:inline;color:var(--muted);margin-right:.4em}
.verdict dd{display:inline;font-weight:550}
.right .outcome dd{color:var(--good)}
.wrong .outcome dd{color:var(--bad)}
.probability{font-weight:400;white-space:nowrap}
.bar{fill:var(--rule);vertical-align:middle}
.bar .filled{fill:var(--accent)}
.no-picture{display:grid;place-items:center;text-align:center;min-height:5rem;padding:.5rem;font-size:.75rem;line-height:1.35;color:var(--muted);border:1px dashed var(--line);border-radius:4px}
.sheet{margin-top:1.2rem;padding-top:.9rem;border-top:1px solid var(--rule)}
.sheet header{display:flex;flex-wrap:wrap;gap:.2rem 1rem;align-items:baseline;justify-content:space-between}
.sheet h4{display:flex;flex-wrap:wrap;gap:.2rem .8rem;align-items:baseline}
.sheet header .legend{margin:0}
.sheet-body{display:flex;gap:1.2rem;margin-top:.5rem;align-items:flex-start}
.chains{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,calc(var(--rounds)*8rem + 1rem)),1fr));gap:.9rem 1.4rem;flex:1;min-width:0}
.chain{max-width:100%}
.chain>ul{display:grid;grid-template-columns:repeat(var(--rounds),minmax(0,1fr));gap:.6rem}
.chain>.legend,.real>.legend{margin:0 0 .25rem}
.view{min-width:0;padding:.45rem;background:var(--raised);border:1px solid var(--line);border-radius:7px;font-size:.8rem}
.view>img{display:block;width:100%;height:auto;border-radius:4px}
.view .legend{font-size:.75rem;line-height:1.35;margin:.15rem 0 0}
.view.real{flex:none;width:11rem;border-color:transparent;background:none;padding:0}
.view .marked{line-height:1.5}
.view.kept{border:2px solid var(--good);padding:calc(.45rem - 1px)}
.view.dropped,.view.rejected{border-style:dashed}
.view.dropped>img,.view.rejected>img{opacity:.55}
.view.dropped>.marked,.view.rejected>.marked{color:var(--muted)}
.badge,.cross-entropy{white-space:nowrap}
.view .score{display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 .5rem;margin:.4rem 0 0;line-height:1.3}
.kept .badge{font-weight:650;color:var(--good)}
.rejected .badge{color:var(--bad)}
.label{color:var(--text)}
.named{font-size:.82rem;margin-top:.4rem}
.named>div{display:flex;flex-wrap:wrap;gap:0 1rem;padding:.25rem 0;border-bottom:1px solid var(--rule)}
.named dt{flex:0 0 12rem;color:var(--muted)}
.named dd{flex:1 1 16rem;font-family:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace}
`;

const MEDIA = `
@media (max-width:60rem){
body{display:block}
nav{position:sticky;z-index:2;height:auto;flex-direction:row;align-items:center;gap:.8rem;padding:.4rem 1rem;background:var(--page);border-right:0;border-bottom:1px solid var(--rule);overflow:visible}
nav ol{display:flex;overflow-x:auto;flex:1;min-width:0;scrollbar-width:none;mask-image:linear-gradient(to left,transparent,#000 1.5rem);padding-right:1.5rem}
nav a{white-space:nowrap}
section[id]{scroll-margin-top:3.5rem}
main{padding-top:1.6rem}
}
@media (max-width:34rem){
.theme span{padding:.18rem .4rem;font-size:.75rem}
.facts{grid-template-columns:1fr 1fr}
.facts>div{padding:0 .8rem}
.facts .value{font-size:1.4rem}
.example{flex-direction:column}
.example>img,.example>.no-picture{width:min(100%,14rem)}
.sheet-body{flex-direction:column;align-items:stretch}
.view.real{width:100%}
.view.real>img{max-width:14rem}
.scroll th[scope=row]{position:sticky;left:0;background:var(--page)}
table.numbers tbody th{min-width:7rem;max-width:9rem}
.confusion th{max-width:8.5rem}
table.numbers th,table.numbers td{padding:.34rem .55rem}
.named dt{flex-basis:100%}
}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
@media print{
@page{margin:14mm}
:root,:root:has(#theme-dark:checked){font-size:11.5px;color-scheme:light!important;print-color-adjust:exact;-webkit-print-color-adjust:exact}
body{display:block;background:#fff}
nav,.skip{display:none}
main{max-width:none;padding:0}
section[id]{margin-top:1.6rem;padding-top:.8rem}
h2,h3,h4,figcaption,.sheet header{break-after:avoid}
figure,.example,.view,.facts>div,tr,p,.chain,table.confusion{break-inside:avoid}
h2+p,h3+p,h3+p+.legend{break-after:avoid}
.scroll{overflow:visible}
.scroll table{font-size:.95em}
table.numbers th,table.numbers td{padding:.25rem .5rem}
.confusion{border-spacing:1px;width:auto;max-width:100%}
.scroll table.confusion{font-size:6.5pt}
.confusion td{min-width:1.2rem;height:1.3rem;padding:0 .1rem}
.confusion th{max-width:9rem;padding:0 .2rem}
.pair{grid-template-columns:1fr 1fr;gap:0 1.2rem}
.examples{grid-template-columns:1fr 1fr;gap:.5rem}
.example>img,.example>.no-picture{width:5.5rem}
.view.real{width:8rem}
details:not([open]){display:none}
pre{max-height:none;white-space:pre-wrap;overflow-wrap:anywhere;font-size:7pt}
a{color:inherit;text-decoration:none}
}
`;

/** Returns the whole style sheet. Browsers from before 2024 do not know `light-dark()` and show the page light. */
export const STYLE = `:root{${variables((light) => light)}}
@supports (color:light-dark(#000,#fff)){:root{color-scheme:light dark;${variables((light, dark) => `light-dark(${light},${dark})`)}}}
:root:has(#theme-light:checked){color-scheme:light}
:root:has(#theme-dark:checked){color-scheme:dark}
${BASE}${LAYOUT}${PARTS}${GENERATED}
${MEDIA}`;
