// The style of a page of posts, added to the report's.
import { STYLE } from "../style.ts";

const VIEW = `
body{grid-template-columns:18rem minmax(0,1fr)}
main{max-width:76rem;padding-top:2rem}
.panel{position:sticky;top:0;align-self:start;height:100vh;overflow:auto;padding:1.6rem 1.2rem 2rem 1.5rem;border-right:1px solid var(--rule);display:flex;flex-direction:column;gap:1rem;font-size:.9rem}
.panel h2{font-size:.9rem;margin:1.1rem 0 .3rem;display:flex;flex-wrap:wrap;gap:.1rem .6rem;align-items:baseline}
.panel details>summary{font-weight:600}
.panel label{display:block}
.panel input[type=search],.panel input[type=range]{display:block;width:100%;font:inherit;margin:.2rem 0 .8rem;accent-color:var(--accent)}
.panel input[type=search]{padding:.35rem .55rem;border:1px solid var(--line);border-radius:6px;background:var(--raised);color:inherit}
.panel button{font:inherit;font-size:.8rem;border:0;background:none;color:var(--accent);padding:0;cursor:pointer;text-decoration:underline}
.key{display:flex!important;gap:.45rem;align-items:baseline;padding:.1rem 0}
.key input{flex:none;margin:0;align-self:center;accent-color:var(--accent)}
.key .name{min-width:0;overflow-wrap:anywhere}
.key .count{margin-left:auto;color:var(--muted);white-space:nowrap}
.panel h2 .count{margin-left:auto;font-weight:400;color:var(--muted)}
html:not(.scripted) .scripted-only{display:none}
.shown{color:var(--muted);font-size:.85rem;margin:1.4rem 0 .2rem}
.posts{display:flex;flex-direction:column;gap:1rem;margin-top:1rem}
.post{display:flex;gap:1.2rem;padding:1rem 1.1rem;background:var(--raised);border:1px solid var(--rule);border-radius:8px;content-visibility:auto;contain-intrinsic-size:auto 11rem}
.post[hidden]{display:none}
.post>img,.post>.no-picture{flex:none;width:clamp(6rem,24%,13rem);height:auto;align-self:flex-start;border-radius:4px}
.post>.words{container-type:inline-size}
.post h2{display:flex;flex-wrap:wrap;gap:.2rem .8rem;font-weight:400;font-size:.75rem;align-items:baseline;margin-bottom:.35rem}
.post h3{font-size:.75rem;font-weight:600;color:var(--muted);margin:0 0 .2rem;text-transform:uppercase;letter-spacing:.04em}
.post .marked{white-space:pre-wrap;overflow-wrap:anywhere;max-height:28rem;overflow:auto}
.sides{display:grid;gap:1rem 1.6rem}
@container (min-width:34rem){.sides.two{grid-template-columns:1fr 1fr}}
.relations{margin-top:.6rem;display:grid;gap:.3rem;font-size:.92rem}
.relations li{display:flex;flex-wrap:wrap;align-items:center;gap:.15rem .45rem;overflow-wrap:anywhere}
.relations .arrow{display:inline-flex;align-items:center;gap:.3rem;color:var(--muted);max-width:100%}
.relations .arrow b{font-weight:600;color:var(--text);overflow-wrap:anywhere;min-width:0}
.relations .arrow::before{content:"";width:.9rem;border-top:1.5px solid var(--line);flex:none}
.relations .arrow::after{content:"";width:1.1rem;height:.6rem;flex:none;background:linear-gradient(var(--line),var(--line)) 0 50%/calc(100% - 4px) 1.5px no-repeat,conic-gradient(from 225deg at 100% 50%,var(--line) 90deg,transparent 0) 100% 50%/.45rem 100% no-repeat}
.relations .probability{color:var(--muted);font-size:.85em}
.standing{font-size:.75rem;font-weight:600;white-space:nowrap}
.standing.both{color:var(--good)}
.standing.gold,.standing.predicted{color:var(--bad)}
mark.off{background:none;border-color:transparent;padding-left:0;padding-right:0}
mark.off>small,li.off{display:none}
@media (max-width:60rem){
body{display:block}
.panel{position:static;height:auto;border-right:0;border-bottom:1px solid var(--rule);padding:.8rem 1rem}
}
@media (max-width:34rem){
.post{flex-direction:column;gap:.7rem}
.post>img,.post>.no-picture{width:min(100%,18rem)}
}
@media print{.panel{display:none}.post{break-inside:avoid;content-visibility:visible}.post .marked{max-height:none}}
`;

export const VIEW_STYLE = `${STYLE}${VIEW}`;
