'use strict';

// --- The data of the page, and how they are shown as text ---

const report = JSON.parse(document.getElementById('report').textContent);
const ending = JSON.parse(document.getElementById('ending').textContent);

const rows = report.points.count;

// A column of the points. value(row): number, text or null; number(row): number or NaN.
function makeColumn(source) {
  const column = {name: source.name, parameter: source.parameter === true, texts: source.texts || null};
  const same = 'same' in source;
  const values = source.values;
  let numbers = null; // as doubles, NaN for what is none; made when one is asked for
  function readNumbers() {
    numbers = new Float64Array(rows);
    const factors = (source.product || []).map(name => columnOf.get(name));
    for (let row = 0; row < rows; row++) {
      const value = factors.length ? factors[0].number(row) * factors[1].number(row) : column.value(row);
      numbers[row] = typeof value === 'number' ? value : NaN;
    }
  }
  column.constant = same || report.points.count === 0;
  if (same) column.value = () => source.same;
  else if (source.product) column.value = row => (Number.isNaN(column.number(row)) ? null : column.number(row));
  else if (source.texts) column.value = row => (values[row] === null ? null : source.texts[values[row]]);
  else column.value = row => values[row];
  column.isText = source.texts !== undefined || (same && typeof source.same === 'string');
  column.code = source.texts && values ? row => values[row] : null;
  column.number = row => {
    if (!numbers) readNumbers();
    return numbers[row];
  };
  return column;
}

const columns = report.points.columns.map(makeColumn);
const columnOf = new Map(columns.filter(c => !c.parameter).map(c => [c.name, c]));
const parameters = columns.filter(c => c.parameter);
const absent = {name: '', value: () => null, number: () => NaN, constant: true};
const column = name => columnOf.get(name) || absent;
const text = (name, row) => {
  const value = column(name).value(row);
  return value === null || value === undefined ? '' : String(value);
};
const idOf = row => column('point_id').value(row);
const isOk = row => column('status').value(row) === 'ok';
const rowOfId = new Map();
for (let row = 0; row < rows; row++) rowOfId.set(idOf(row), row);

// Rows on the front of their network, as `sdse pareto` finds it.
const onFront = new Uint8Array(rows);
const kneeRows = new Set();
for (const front of report.fronts) {
  for (const row of front.rows) onFront[row] = 1;
  if (front.knee !== undefined) kneeRows.add(front.knee);
}

// --- Details: parsed when the first point is opened ---

let parsed = null;
function details() {
  if (parsed) return parsed;
  const source = JSON.parse(document.getElementById('details').textContent);
  const texts = source.texts;
  // In rows a string is the number of a text.
  const object = (names, cells) => {
    const made = {};
    names.forEach((name, i) => { made[name] = typeof cells[i] === 'string' ? texts[+cells[i]] : cells[i]; });
    return made;
  };
  const parts = [], inputs = [];
  parsed = {points: new Map(), parts, inputs};
  for (const record of source.points) {
    for (const part of record.parts) parts.push(part);
    for (const input of record.inputs) {
      inputs.push({hash: input.hash, kind: input.kind, name: input.name,
                   text: () => input.lines.map(line => texts[+line]).join('\n')});
    }
    parsed.points.set(record.point, {
      hash: record.hash,
      input: kind => inputs[record[kind]],
      layers: record.layers.map(cells => {
        const layer = object(source.columns.layer, cells.slice(1));
        const part = parts[cells[0]];
        for (const kind of ['energy', 'level', 'network']) {
          layer[kind + 'Rows'] = () => part[kind].map(row => object(source.columns[kind], row));
        }
        return layer;
      }),
    });
  }
  return parsed;
}
const detailed = new Set(ending.detailed);
const detailsOf = id => (detailed.has(id) ? details().points.get(id) : null);

// --- Numbers ---

// What a stored unit is in units for people: prefixes as the tables of the program have.
const prefixes = [['T', 1e12], ['G', 1e9], ['M', 1e6], ['k', 1e3], ['', 1], ['m', 1e-3], ['µ', 1e-6],
                  ['n', 1e-9], ['p', 1e-12], ['f', 1e-15]];
function scaleFor(unit, perStored, greatest) {
  if (['', 'cycles', 'mm²', '1'].includes(unit)) return {factor: perStored, unit: unit === '1' ? '' : unit};
  const value = Math.abs(greatest * perStored);
  const prefix = prefixes.find(p => value >= p[1]) || (value > 0 ? prefixes[prefixes.length - 1] : ['', 1]);
  return {factor: perStored / prefix[1], unit: prefix[0] + unit};
}
const picojoules = greatest => scaleFor('J', 1e-12, greatest);

function digits(value, most = 5) {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return groups(String(value));
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e9 || size < 1e-4)) return value.toExponential(most - 1);
  const plain = Number(value.toPrecision(most)).toString();
  return groups(plain);
}
// Thousands apart by thin spaces, from five digits on.
function groups(plain) {
  const [whole, part] = plain.split('.');
  const apart = whole.replace('-', '').length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, ' ') : whole;
  return part === undefined ? apart : apart + '.' + part;
}
function percent(share) {
  if (!Number.isFinite(share)) return '–';
  return share > 0 && share < 1e-4 ? '<0.01 %' : digits(100 * share, 3) + ' %';
}

// Figures that can be an axis or a column: metrics first, then numeric parameters.
function greatestOf(source) {
  let greatest = 0;
  for (let row = 0; row < rows; row++) {
    const value = Math.abs(source.number(row));
    if (value > greatest) greatest = value;
  }
  return greatest;
}
const figures = [];
for (const metric of report.metrics) {
  const source = column(metric.column);
  let known = false;
  for (let row = 0; row < rows && !known; row++) known = !Number.isNaN(source.number(row));
  if (!known) continue;
  const scale = scaleFor(metric.unit, metric.units_per_stored, greatestOf(source));
  figures.push({name: metric.name, title: metric.title, unit: scale.unit, factor: scale.factor, source,
                metric: true});
}
for (const parameter of parameters) {
  if (!parameter.isText) {
    figures.push({name: parameter.name, title: parameter.name, unit: '', factor: 1, source: parameter,
                  metric: false});
  }
}
const figureOf = name => figures.find(figure => figure.name === name);
const figureTitle = figure => figure.title + (figure.unit ? ' [' + figure.unit + ']' : '');
const shown = (figure, row) => figure.source.number(row) * figure.factor;

// "resnet50 on eyeriss, raw; GLB.capacity_kib=64": parameters that never change are left out.
function nameOf(row) {
  const changed = parameters.filter(p => !p.constant && p.value(row) !== null)
    .map(p => p.name + '=' + p.value(row)).join(' ');
  return text('workload', row) + ' on ' + text('arch', row) + ', ' + text('form', row) +
    (changed ? '; ' + changed : '');
}

// --- Elements: texts of the database become text, never markup ---

function el(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
    else if (name === 'style') for (const [key, to] of Object.entries(value)) made.style.setProperty(key, to);
    else if (value === true) made.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) made.append(child);
  }
  return made;
}
const byId = id => document.getElementById(id);
function say(what) { byId('said').textContent = what; }

// A table of plain rows. heads: texts, or {text, number: true} for columns of numbers.
function plainTable(caption, heads, body) {
  const numeric = heads.map(head => typeof head === 'object' && head.number === true);
  const cell = (content, i) => el('td', {class: numeric[i] ? 'number' : null}, content);
  return el('div', {class: 'scroll'}, el('table', {},
    el('caption', {}, caption),
    el('thead', {}, el('tr', {}, heads.map((head, i) =>
      el('th', {scope: 'col', class: numeric[i] ? 'number' : null}, typeof head === 'object' ? head.text : head)))),
    el('tbody', {}, body.map(cells => el('tr', {}, cells.map(cell))))));
}

// --- SQL and commands, to be copied ---

function copyButton(what, label) {
  const button = el('button', {type: 'button', class: 'copy', onclick: async () => {
    let done = false;
    try {
      await navigator.clipboard.writeText(what);
      done = true;
    } catch (refused) {
      const area = el('textarea', {'aria-hidden': 'true'});
      area.value = what;
      document.body.append(area);
      area.select();
      done = document.execCommand('copy');
      area.remove();
      button.focus();
    }
    button.textContent = done ? 'Copied' : 'Select and copy by hand';
    setTimeout(() => { button.textContent = label; }, 1500);
  }}, label);
  return button;
}
// A word of a shell's line.
const quoted = word => (/^[\w@%+=:,./-]+$/.test(word) ? word : "'" + word.replace(/'/g, "'\\''") + "'");
const database = quoted(report.database);
const command = line => el('div', {class: 'command'}, el('code', {}, line), copyButton(line, 'Copy'));
function sqlBlock(sql, what) {
  return el('details', {class: 'sql'}, el('summary', {}, 'SQL behind ' + what),
    el('pre', {tabindex: '0'}, sql), copyButton(sql, 'Copy SQL'),
    copyButton('sdse query ' + database + ' ' + quoted(sql), 'Copy as command'));
}
const sqlOf = (kind, id, layer) => report.sql.details[kind].replaceAll(':point', String(id))
  .replaceAll(':layer', String(layer));

// --- Colours and shapes: those of the plots, told apart by colour-blind readers too ---

// Names of colours: --category-0 …, --component-0 …; a theme is their values.
const componentNumber = new Map(Object.keys(report.colours[0].components).map((name, i) => [name, i]));
const colourNames = theme => theme.categories.map((colour, i) => '--category-' + i + ':' + colour + ';').join('') +
  Object.values(theme.components).map((colour, i) => '--component-' + i + ':' + colour + ';').join('');
document.head.append(Object.assign(document.createElement('style'), {textContent:
  ':root{' + colourNames(report.colours[0]) + '}' +
  '@media screen and (prefers-color-scheme:dark){:root:not([data-theme="light"]){' + colourNames(report.colours[1]) + '}}' +
  '@media screen{:root[data-theme="dark"]{' + colourNames(report.colours[1]) + '}}'}));
// One colour for a component in the whole page, as in the plots; networks are one.
const componentColour = name => 'var(--component-' +
  componentNumber.get(componentNumber.has(name) ? name : name.endsWith(' network') ? 'network' : 'other') + ')';
const shapes = ['circle', 'square', 'triangle', 'diamond', 'cross', 'down', 'ring'];

// --- What is shown now; whoever changes it says so ---

const state = {network: null, row: null, layer: 0, a: null, b: null};
const listeners = {};
const on = (event, then) => (listeners[event] = listeners[event] || []).push(then);
const emit = event => (listeners[event] || []).forEach(then => then());
