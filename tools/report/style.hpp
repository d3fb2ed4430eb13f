#pragma once

#include <string_view>

namespace lenet::report {

/// The report's style sheet. Figures are drawn on white paper: on dark screens their lightness is inverted,
/// and their hues are turned back. Paper is always light.
inline constexpr std::string_view kStyle = R"css(
:root { color-scheme: light dark; --paper: #fff; --ink: #1f2328; --faint: #59636e; --line: #d8dde3;
  --right: #0072b2; --wrong: #c8102e; --other: #aab2bb; }
@media screen and (prefers-color-scheme: dark) {
  :root { --paper: #171717; --ink: #e6e9ed; --faint: #9aa5b1; --line: #3a3f45;
    --right: #58b4e8; --wrong: #ff7b86; --other: #66707b; }
  .figure svg, .digit img { filter: invert(0.91) hue-rotate(180deg); }
}
@media print { :root { color-scheme: light; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 2rem 1.25rem 4rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, "DejaVu Sans", sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.8rem; line-height: 1.2; margin: 0 0 0.3rem; }
h2 { font-size: 1.35rem; margin: 2.5rem 0 0.6rem; padding-top: 0.8rem; border-top: 2px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.8rem 0 0.5rem; }
p { margin: 0.5rem 0; }
.byline, .note { color: var(--faint); font-size: 0.9rem; }
nav ul { display: flex; flex-wrap: wrap; gap: 0.2rem 1.2rem; padding: 0; margin: 1rem 0 0; list-style: none; }
a { color: var(--right); }
code { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 0.9em; }
.scroll, .figure { overflow-x: auto; margin: 0.6rem 0; }
table { border-collapse: collapse; font-size: 0.92rem; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
th, td { padding: 0.28rem 0.7rem; text-align: left; border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { color: var(--faint); font-weight: 600; white-space: nowrap; border-bottom-width: 2px; }
tbody th { font-weight: 600; }
thead th.number { white-space: normal; max-width: 7rem; }
tbody th, td { overflow-wrap: break-word; max-width: 36rem; }
.number { text-align: right; white-space: nowrap; }
.whole { white-space: nowrap; }
.better { color: var(--right); }
.worse { color: var(--wrong); }
.figure svg { display: block; width: 100%; height: auto; max-width: 54rem; min-width: 34rem; }
.figure.square svg { max-width: 36rem; min-width: 26rem; }
.digits { display: grid; grid-template-columns: repeat(auto-fill, minmax(10rem, 1fr)); gap: 1rem; margin: 0.8rem 0; }
.digit { margin: 0; padding: 0.6rem; border: 1px solid var(--line); border-radius: 0.4rem; }
.digit img { display: block; width: 7rem; max-width: 100%; margin: 0 auto 0.4rem; image-rendering: pixelated; }
.digit figcaption { font-size: 0.85rem; }
.digit.wrong strong { color: var(--wrong); }
.bar { display: grid; grid-template-columns: 1rem 1fr 4.4rem; gap: 0.3rem; align-items: center;
  font-size: 0.8rem; color: var(--faint); font-variant-numeric: tabular-nums; }
.bar span:last-child { text-align: right; }
.digits.named { grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr)); }
.named .bar { grid-template-columns: 6rem 1fr 4.4rem; }
.named .bar span:first-child { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.bar i { display: block; height: 0.5rem; background: var(--other); min-width: 1px;
  print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.bar .label { background: var(--right); }
.bar .prediction { background: var(--wrong); }
@media screen and (max-width: 40rem) {
  body { padding: 1.2rem 0.9rem 3rem; }
  th, td { padding: 0.25rem 0.35rem; }
  table { font-size: 0.8rem; }
  table.text td { overflow-wrap: anywhere; min-width: 4.5rem; }
  .figure.square svg { min-width: 0; }
}
@media print {
  @page { margin: 16mm 14mm; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  nav { display: none; }
  section.run { break-before: page; }
  h2, h3 { break-after: avoid; }
  .scroll, tr, .digit, .figure { break-inside: avoid; }
  th, td { padding: 0.16rem 0.6rem; }
  .scroll, .figure { overflow: visible; }
  .figure svg, .figure.square svg { min-width: 0; }
  .figure.square svg { max-width: 26rem; }
  .digits { grid-template-columns: repeat(5, 1fr); gap: 0.5rem; }
  .digit img { width: 5rem; }
  .digits.named { grid-template-columns: repeat(3, 1fr); }
  a { color: inherit; text-decoration: none; }
}
)css";

}  // namespace lenet::report
