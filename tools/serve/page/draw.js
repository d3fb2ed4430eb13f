"use strict";

const element = (id) => document.getElementById(id);
const paper = element("paper");
const pad = element("pad");
const canvas = paper.getContext("2d");

// Strokes are lists of points, from 0 to 1 across the paper.
const penWidth = 1 / 14;
let strokes = [];
let picture = null; // {file, image}: what was opened in place of a drawing; image is null if browsers cannot show it
let pointer = null; // the pointer that draws
const keyboardPen = { x: 0.5, y: 0.25, down: false, shown: false };

// ── The paper ──

function drawStrokes(context, size) {
  context.lineCap = context.lineJoin = "round";
  context.lineWidth = penWidth * size;
  for (const stroke of strokes) {
    context.beginPath();
    context.moveTo(stroke[0].x * size, stroke[0].y * size);
    for (const point of stroke) context.lineTo(point.x * size, point.y * size);
    context.stroke();
  }
}

function drawPicture(size) {
  const { file, image } = picture;
  if (image) {
    const scale = Math.min(size / image.width, size / image.height);
    const [width, height] = [image.width * scale, image.height * scale];
    canvas.drawImage(image, (size - width) / 2, (size - height) / 2, width, height);
  } else {
    canvas.font = `${size / 24}px system-ui, sans-serif`;
    canvas.textAlign = "center";
    canvas.fillText(file.name, size / 2, size / 2, size * 0.9);
  }
}

function redraw() {
  const size = Math.round(paper.clientWidth * devicePixelRatio);
  if (paper.width !== size) paper.width = paper.height = size;
  canvas.clearRect(0, 0, size, size);
  canvas.strokeStyle = canvas.fillStyle = getComputedStyle(paper).color;
  if (picture) drawPicture(size);
  drawStrokes(canvas, size);
  if (keyboardPen.shown) {
    canvas.beginPath();
    canvas.lineWidth = 2 * devicePixelRatio;
    canvas.arc(keyboardPen.x * size, keyboardPen.y * size, (penWidth * size) / 2, 0, 2 * Math.PI);
    canvas.strokeStyle = getComputedStyle(paper).getPropertyValue("--best");
    canvas.stroke();
  }
  element("hint").hidden = strokes.length > 0 || picture !== null;
}

// Black on white with a margin: a stroke at the edge would be taken for the edge of the sheet.
function drawing() {
  const size = 140; // five times what the network sees of a digit; more takes longer to read
  const margin = 14;
  const sheet = document.createElement("canvas");
  sheet.width = sheet.height = size + 2 * margin;
  const context = sheet.getContext("2d");
  context.fillStyle = "white";
  context.fillRect(0, 0, sheet.width, sheet.height);
  context.translate(margin, margin);
  drawStrokes(context, size);
  return new Promise((resolve) => sheet.toBlob(resolve, "image/png"));
}

// ── The server ──

let isAsking = false;
let hasChanged = false;

// One request at a time: while one is under way, only the latest drawing waits.
async function update() {
  redraw();
  hasChanged = true;
  if (isAsking) return;
  isAsking = true;
  while (hasChanged) {
    hasChanged = false;
    await ask();
  }
  isAsking = false;
}

async function ask() {
  if (strokes.length === 0 && !picture) return show(null, "");
  try {
    const body = picture ? picture.file : await drawing();
    const type = body.type.startsWith("image/") ? body.type : "image/unknown";
    const response = await fetch(picture ? "predict" : "predict?one", { method: "POST", headers: { "Content-Type": type }, body });
    const answer = await response.json();
    if (response.ok) show(answer, remarkOn(answer));
    else show(null, answer.error);
  } catch {
    show(null, "The server does not answer: does lenet_serve still run?");
  }
}

// ── The answer ──

// Classes have names if the data that the network was trained on named them.
function nameOf(answer) {
  return answer.class ?? answer.digit;
}

function remarkOn(answer) {
  const { more = [], not_sure: doubt } = answer;
  const all = [answer, ...more];
  if (all.length > 1) {
    const isNamed = "class" in answer;
    const names = all.map(nameOf).join(isNamed ? ", " : " ");
    return `${all.length} ${isNamed ? "objects" : "digits"}: ${names}. Shown is the first.`;
  }
  return doubt ? `Not sure: ${doubt}.` : "";
}

const bars = Array.from({ length: 10 }, (_, digit) => {
  const row = document.createElement("li");
  const parts = ["label", "track", "percent"].map((name) => {
    const part = row.appendChild(document.createElement("span"));
    part.className = name;
    return part;
  });
  const bar = parts[1].appendChild(document.createElement("span"));
  bar.className = "bar";
  parts[0].textContent = digit;
  element("bars").append(row);
  return { row, bar, label: parts[0], percent: parts[2] };
});

function showNames(names) {
  element("answer").classList.add("named");
  element("hint").textContent = "One object, large, in the middle";
  // With its number, because the beginnings of two names may be the same.
  bars.forEach(({ label }, digit) => {
    label.textContent = `${digit} ${names[digit]}`;
    label.title = names[digit];
  });
}

function percentText(share) {
  if (share >= 0.9995 && share < 1) return "> 99.9 %";
  return `${(100 * share).toFixed(1)} %`;
}

function show(answer, message) {
  bars.forEach(({ row, bar, percent }, digit) => {
    const share = answer ? answer.probabilities[digit] : 0;
    row.className = answer && digit === answer.digit ? "best" : "";
    bar.style.width = `${100 * share}%`;
    percent.textContent = answer ? percentText(share) : "";
  });
  element("digit").textContent = answer ? nameOf(answer) : "–";
  element("sure").textContent = answer ? percentText(answer.probabilities[answer.digit]) : "";
  element("message").textContent = message;
  showPixels(answer ? answer.pixels : new Array(28 * 28).fill(0));
  // Spoken only when the pen rests: not with each point of a stroke.
  if (pointer === null && answer) element("spoken").textContent = `${nameOf(answer)}, ${element("sure").textContent}`;
}

function showPixels(pixels) {
  const image = new ImageData(28, 28);
  pixels.forEach((value, i) => image.data.set([value, value, value, 255], 4 * i));
  element("seen").getContext("2d").putImageData(image, 0, 0);
}

// ── Drawing ──

function begin(point) {
  picture = null;
  strokes.push([point]);
  update();
}

function pointOf(event) {
  const box = paper.getBoundingClientRect();
  return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
}

paper.addEventListener("pointerdown", (event) => {
  if (pointer !== null || event.button !== 0) return;
  pointer = event.pointerId;
  paper.setPointerCapture(pointer);
  keyboardPen.shown = keyboardPen.down = false;
  begin(pointOf(event));
});

paper.addEventListener("pointermove", (event) => {
  if (event.pointerId !== pointer) return;
  const events = event.getCoalescedEvents?.() ?? [];
  strokes.at(-1).push(...(events.length ? events : [event]).map(pointOf));
  update();
});

for (const name of ["pointerup", "pointercancel", "lostpointercapture"])
  paper.addEventListener(name, (event) => {
    if (event.pointerId !== pointer) return;
    pointer = null;
    update();
  });

function undo() {
  if (picture) picture = null;
  else strokes.pop();
  pointer = null;
  keyboardPen.down = false;
  update();
}

function clear() {
  strokes = [];
  picture = null;
  pointer = null;
  keyboardPen.down = false;
  update();
}

element("undo").addEventListener("click", undo);
element("clear").addEventListener("click", clear);

// ── The keyboard ──

function moveKeyboardPen(dx, dy) {
  const step = 1 / 28;
  keyboardPen.shown = true;
  keyboardPen.x = Math.min(1, Math.max(0, keyboardPen.x + dx * step));
  keyboardPen.y = Math.min(1, Math.max(0, keyboardPen.y + dy * step));
  if (!keyboardPen.down) return redraw();
  strokes.at(-1).push({ x: keyboardPen.x, y: keyboardPen.y });
  update();
}

function switchKeyboardPen() {
  keyboardPen.shown = true;
  keyboardPen.down = !keyboardPen.down;
  if (keyboardPen.down) begin({ x: keyboardPen.x, y: keyboardPen.y });
  else redraw();
}

const paperKeys = {
  ArrowLeft: () => moveKeyboardPen(-1, 0),
  ArrowRight: () => moveKeyboardPen(1, 0),
  ArrowUp: () => moveKeyboardPen(0, -1),
  ArrowDown: () => moveKeyboardPen(0, 1),
  " ": switchKeyboardPen,
};

paper.addEventListener("keydown", (event) => {
  const action = event.ctrlKey || event.metaKey || event.altKey ? null : paperKeys[event.key];
  if (!action || pointer !== null) return;
  event.preventDefault();
  action();
});

paper.addEventListener("blur", () => {
  keyboardPen.shown = keyboardPen.down = false;
  redraw();
});

document.addEventListener("keydown", (event) => {
  if (pointer !== null) return;
  if (event.key === "Escape") clear();
  else if (event.key === "Backspace" || ((event.ctrlKey || event.metaKey) && event.key === "z")) undo();
});

// ── Pictures ──

async function open(file) {
  if (!file) return;
  strokes = [];
  picture = { file, image: await createImageBitmap(file).catch(() => null) };
  update();
}

element("choose").addEventListener("click", () => element("file").click());
element("file").addEventListener("change", (event) => {
  open(event.target.files[0]);
  event.target.value = ""; // so that the same file can be chosen again
});

document.addEventListener("dragover", (event) => {
  event.preventDefault();
  pad.classList.add("over");
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) pad.classList.remove("over");
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  pad.classList.remove("over");
  open(event.dataTransfer.files[0]);
});
document.addEventListener("paste", (event) => open(event.clipboardData.files[0]));

// ── The start ──

new ResizeObserver(redraw).observe(paper);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
showPixels(new Array(28 * 28).fill(0));
fetch("health")
  .then((response) => response.json())
  .then(({ model, recipe, device, classes }) => {
    if (classes) showNames(classes);
    element("model").textContent = `${model}${recipe && ` (recipe ${recipe})`} on ${device}`;
  })
  .catch(() => {});
