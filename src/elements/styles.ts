/** How both elements look: all colours and fonts are variables that a page may set (docs/elements.md, "Looks"). */

const CSS = `
:host { display: block; }
:host([hidden]) { display: none; }
.root {
  --accent: var(--plus-one-accent, light-dark(#4338ca, #a5b4fc));
  --on-accent: var(--plus-one-on-accent, light-dark(#fff, #161a2b));
  --ink: var(--plus-one-ink, light-dark(#1d2433, #e8ebf2));
  --soft: var(--plus-one-soft, light-dark(#5b6475, #9aa4b8));
  --paper: var(--plus-one-paper, light-dark(#f6f7fb, #10141d));
  --card: var(--plus-one-card, light-dark(#fff, #1a202d));
  --line: var(--plus-one-line, light-dark(#dde1ea, #2d3546));
  --bad: var(--plus-one-bad, light-dark(#b42318, #ff9b8f));
  --good: var(--plus-one-good, light-dark(#067647, #6ce9a6));
  --radius: var(--plus-one-radius, 14px);
  --mono: var(--plus-one-mono, ui-monospace, monospace);
  box-sizing: border-box; color: var(--ink); background: var(--card); border: 1px solid var(--line); border-radius: var(--radius);
  padding: 1.25rem; font: var(--plus-one-font, 16px/1.5 system-ui, sans-serif); overflow-wrap: anywhere;
}
.root *, .root *::before { box-sizing: border-box; }
#heading { font-size: 1.5em; font-weight: 700; line-height: 1.2; margin: 0 0 .5rem; text-wrap: balance; }
#heading:focus { outline: none; }
p, dl, ul { margin: 0 0 .75rem; padding: 0; }
p:empty { display: none; }
.hint, label, dt, summary, .from { color: var(--soft); font-size: .875em; }
.from { display: flex; flex-wrap: wrap; gap: 0 1rem; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .25rem 1rem; }
dd { margin: 0; font-weight: 600; }
ul { list-style: none; display: grid; gap: .25rem; font-weight: 600; }
.row { display: flex; flex-wrap: wrap; gap: .75rem; align-items: center; margin-top: 1rem; }
.row:first-child { margin-top: 0; }
.row.head { margin-bottom: .75rem; }
.row.head #heading { margin: 0; }
.row + .field { margin-top: .75rem; }
.row + .from { margin-top: .75rem; }
.end { margin-inline-start: auto; }
button, input, select { font: inherit; color: inherit; min-height: 44px; border: 1px solid var(--line); border-radius: 9px; min-width: 0; }
button { background: var(--card); font-weight: 600; padding: .4rem 1rem; cursor: pointer; }
button.primary { background: var(--accent); color: var(--on-accent); border-color: transparent; }
button.danger { color: var(--bad); border-color: currentColor; }
button:disabled { opacity: .5; cursor: default; }
input, select { background: var(--paper); padding: .4rem .75rem; width: 100%; }
.row > input { flex: 1 1 8rem; width: auto; }
input[type=checkbox] { width: 24px; min-height: 24px; margin: 10px 0; accent-color: var(--accent); justify-self: start; }
input[type=number] { width: 7rem; }
.field { display: grid; gap: .25rem; margin-bottom: .75rem; }
.suggestions { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; margin-bottom: .75rem; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.problem { color: var(--bad); font-weight: 600; }
.told { font-weight: 600; }
.told.good { color: var(--good); }
.told.bad { color: var(--bad); }
.warning { border-inline-start: 4px solid var(--bad); padding-inline-start: .75rem; }
summary { cursor: pointer; min-height: 44px; align-content: center; }
details[open] { padding-bottom: .25rem; }
.terms { display: grid; grid-template-columns: auto 1fr; gap: .5rem 1rem; align-items: center; }
.comparison { display: block; font: 700 clamp(2.2rem, 12vw, 3.6rem)/1.2 var(--mono); letter-spacing: .04em; text-align: center; margin: .5rem 0 1rem; white-space: nowrap; direction: ltr; }
.candidate { border: 2px solid var(--accent); border-radius: 12px; padding: .75rem 1rem 1rem; margin-bottom: 1rem; text-align: center; }
.candidate .row { justify-content: center; }
.candidate button { flex: 1 1 8rem; }
.pin { font: 700 clamp(2.2rem, 12vw, 3.4rem)/1.2 var(--mono); letter-spacing: .05em; margin: 0 0 .75rem; direction: ltr; text-align: start; }
[dir=rtl] .pin { text-align: end; }
.words { display: flex; flex-wrap: wrap; gap: .1em .6em; font: 700 clamp(1.5rem, 7vw, 2.2rem)/1.3 var(--mono); margin: 0 0 .75rem; direction: ltr; }
.qr { background: #fff; border-radius: 10px; width: min(17rem, 100%); margin: .25rem 0 .75rem; overflow: hidden; }
.qr svg { display: block; width: 100%; height: auto; }
.time { font-variant-numeric: tabular-nums; }
.boxes { display: grid; gap: .5rem; }
.boxes label { color: inherit; font-size: 1em; font-weight: 600; }
.entry { position: relative; direction: ltr; }
.entry input { position: absolute; inset: 0; width: 100%; height: 100%; opacity: 0; font-size: 16px; }
.slots { display: grid; gap: .5rem; grid-auto-flow: column; grid-auto-columns: minmax(0, 3rem); }
.slots + .slots { margin-top: .5rem; }
.slot { display: grid; place-items: center; height: 3.4rem; font: 700 1.5rem var(--mono); background: var(--paper); border: 1px solid var(--line); border-radius: 9px; }
.entry:focus-within .slot.active { outline: 3px solid var(--accent); outline-offset: -1px; }
.entry:focus-within .slot.active:empty::before { content: ''; width: 2px; height: 1.7rem; background: var(--ink); animation: blink 1.2s steps(2, jump-none) infinite; }
.entry.busy .slot { opacity: .5; }
@keyframes blink { to { opacity: 0; } }
@media (max-width: 480px) { .terms { grid-template-columns: 1fr auto; } .terms > :is([for=label], [for=role], [for=uses], #label, #role, #uses) { grid-column: 1 / -1; } }
@media (prefers-reduced-motion: reduce) { * { animation: none !important; } }
`

let shared: CSSStyleSheet | undefined

/** One for all elements of the page; made with the first, as a server has none. */
export function sheet (): CSSStyleSheet {
  if (shared == null) {
    shared = new CSSStyleSheet()
    shared.replaceSync(CSS)
  }

  return shared
}
