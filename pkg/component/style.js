// How the component looks, as one style sheet for its shadow tree: a page's policy on styles does not concern it.
//
// Everything that a page may want otherwise is a variable with a default for light and dark. Not here: the page's style.

export const STYLE = `
:host {
  --accent: var(--iter8-accent, light-dark(#0b62c4, #7db8ff));
  --text: var(--iter8-text, light-dark(#1b1f24, #e8eaed));
  --quiet: var(--iter8-quiet, light-dark(#57606a, #a6adb6));
  --line: var(--iter8-line, light-dark(#d8dee4, #3a424c));
  --good: var(--iter8-good, light-dark(#00684f, #57d9a9));
  --bad: var(--iter8-bad, light-dark(#b3261e, #ff9d94));
  --v0: var(--iter8-version-0, light-dark(#6b7280, #9aa3af));
  --v1: var(--iter8-version-1, light-dark(#0b62c4, #6cb0ff));
  --v2: var(--iter8-version-2, light-dark(#b84a00, #ff9a52));
  --v3: var(--iter8-version-3, light-dark(#00755a, #3ccf9f));
  --v4: var(--iter8-version-4, light-dark(#96398b, #e290d8));
  --v5: var(--iter8-version-5, light-dark(#806400, #e0bd3f));
  --v6: var(--iter8-version-6, light-dark(#0e7490, #5bd0e8));
  --v7: var(--iter8-version-7, light-dark(#7a4a2b, #d0a07c));
  --v8: var(--iter8-version-8, light-dark(#5b4bc4, #a99cff));
  --v9: var(--iter8-version-9, light-dark(#3d6b1f, #9dcf74));
  display: block;
  container-type: inline-size;
  color: var(--text);
  font: var(--iter8-font, inherit);
}
:host([hidden]) { display: none; }
p { margin: 0; }
small { display: block; font-size: .8125rem; font-weight: 400; color: var(--quiet); }
.verdict { display: grid; gap: 8px; justify-items: start; margin-block-end: 24px; }
.reason { font-size: var(--iter8-reason-size, clamp(1.125rem, 2.6cqi, 1.5rem)); line-height: 1.4; max-width: 60ch; text-wrap: pretty; overflow-wrap: anywhere; }
/* As long as three names of the greatest length. */
.reason { max-height: 24lh; overflow: auto; }
.waiting { color: var(--quiet); }
.error { border-inline-start: 4px solid var(--bad); padding-inline-start: 12px; overflow-wrap: anywhere; }
.badge { display: inline-block; font-size: .8125rem; font-weight: 600; white-space: nowrap; color: var(--quiet); }
.badge.satisfied, .badge.winner { color: var(--good); }
.badge.violated, .badge.rolled-back { color: var(--bad); }
.verdict > .badge { font-size: 1rem; }
.scroll { overflow-x: auto; position: relative; }
.scroll:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
/* Fixed: a new number lays out its own cell, not the whole table. */
table { border-collapse: collapse; table-layout: fixed; width: 100%; font-variant-numeric: tabular-nums; }
.col-version { width: clamp(12rem, 20cqi, 16rem); }
.col-wins { width: clamp(5.5rem, 9cqi, 6.5rem); }
.col-traffic { width: clamp(6rem, 9cqi, 7rem); }
th, td { text-align: start; vertical-align: top; padding: 12px 16px 12px 0; border-block-end: 1px solid var(--line); }
th { font-weight: 600; }
thead th { vertical-align: bottom; overflow-wrap: anywhere; }
tbody th { overflow-wrap: anywhere; }
.name { font-weight: 600; }
/* A name may have a thousand letters. */
.clip { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 8; line-clamp: 8; overflow: hidden; overflow-wrap: anywhere; }
.version { display: grid; grid-template-columns: auto 1fr; gap: 0 8px; }
.version small { grid-column: 1 / -1; }
.mark { width: 10px; height: 10px; margin-block-start: .45em; border-radius: 50%; background: var(--v); }
.rolled-back .name { text-decoration: line-through; }
.value { white-space: nowrap; }
.meter { display: block; width: min(80px, 100%); height: 8px; margin-block: 8px 4px; background: var(--line); border-radius: 4px; overflow: hidden; }
.bar { display: block; height: 100%; background: var(--v); }
.traffic .value { display: block; padding-block-start: 16px; }
.axis { display: block; position: relative; height: 16px; margin-block-end: 4px; contain: strict; }
.axis::before { content: ""; position: absolute; inset: 7.5px 0 auto; border-block-start: 1px solid var(--line); }
.interval, .point, .limit { position: absolute; inset-inline: 0; }
.interval { top: 5px; height: 6px; background: var(--v); opacity: .45; }
.point { top: 3px; }
.point::before { content: ""; display: block; width: 10px; height: 10px; margin-inline-start: -5px; border-radius: 50%; background: var(--v); }
.limit { top: 0; height: 16px; border-inline-start: 2px dashed var(--text); margin-inline-start: -1px; }
.line { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 12px; }
.range { position: absolute; width: 1px; height: 1px; contain: strict; clip-path: inset(50%); }
.v0 { --v: var(--v0) } .v1 { --v: var(--v1) } .v2 { --v: var(--v2) } .v3 { --v: var(--v3) } .v4 { --v: var(--v4) }
.v5 { --v: var(--v5) } .v6 { --v: var(--v6) } .v7 { --v: var(--v7) } .v8 { --v: var(--v8) } .v9 { --v: var(--v9) }
/* What a criterion's cell repeats of its heading, where there are no columns. */
.of { display: none; }
/* Where the columns have no room, each row is a block: nothing is cut off. */
.blocks {
  table, tbody, tr, th, td { display: block; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tbody tr { border-block-end: 1px solid var(--line); padding-block: 12px; }
  tbody th, td { border: 0; padding: 4px 0; }
  tbody th { white-space: normal; }
  td { display: grid; grid-template-columns: minmax(0, 5fr) minmax(0, 7fr); gap: 0 12px; }
  td:not(.criterion)::before { content: attr(data-label); grid-row: 1 / 4; color: var(--quiet); font-size: .8125rem; overflow-wrap: anywhere; padding-block-start: 2px; }
  .of { display: block; grid-row: 1 / 4; overflow-wrap: anywhere; padding-block-start: 2px; }
  .of .bound { display: block; color: var(--text); }
  .traffic .value { padding: 0; }
  .meter { width: 100%; }
  .wins .value, .criterion .axis, .criterion .line, .needed { grid-column: 2; }
}
@media (forced-colors: active) { .mark, .point::before, .interval, .bar { forced-color-adjust: none; } }
`
