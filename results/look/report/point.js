// --- One point: figures, layers, mappings, where energy and time come from ---

// The colours of components, the dearest first.
function componentColours(totals) {
  const sorted = [...totals.keys()].sort((a, b) => totals.get(b) - totals.get(a) || (a < b ? -1 : 1));
  return new Map(sorted.map(name => [name, componentColour(name)]));
}
function sumBy(list, key, value) {
  const sums = new Map();
  for (const item of list) sums.set(key(item), (sums.get(key(item)) || 0) + value(item));
  return sums;
}
const energyOf = layers => layers.flatMap(layer => layer.energyRows());
const byComponent = list => sumBy(list, row => row.component, row => row.energy_pj);

// A bar of parts, each as wide as its share of `whole`. The table beside it says the same in words.
function stackedBar(parts, whole, colours) {
  const bar = el('div', {class: 'bar', 'aria-hidden': 'true'});
  for (const [name, value] of parts) {
    if (!(value > 0)) continue;
    bar.append(el('span', {title: name + ' ' + percent(value / whole),
                           style: {width: 100 * value / whole + '%', background: colours.get(name)}}));
  }
  return bar;
}
const swatch = colour => el('span', {class: 'swatch', style: {background: colour}, 'aria-hidden': 'true'});

// --- Mapping: the nest ---

// "K16/4" is a loop of 16, the last time of 4.
function readMapping(source) {
  const levels = [];
  for (const line of source.split('\n')) {
    const level = /^\s*- \{level: ("[^"]*"|[^,}]+)(.*)\}\s*$/.exec(line);
    if (!level) continue;
    const of = key => {
      const found = new RegExp(key + ': ([^,}\\]]+)').exec(level[2]);
      return found ? found[1].trim().split(/\s+/) : [];
    };
    const keeps = /keeps: \[([^\]]*)\]/.exec(level[2]);
    levels.push({name: level[1].replace(/^"|"$/g, ''), temporal: of('temporal'), x: of('spatial_x'), y: of('spatial_y'),
                 keeps: keeps ? keeps[1].split(',').map(part => part.trim()).filter(part => part) : null});
  }
  return levels;
}
const dimNames = {N: 'batch', K: 'output channels', C: 'input channels', P: 'output rows', Q: 'output columns',
                  R: 'filter rows', S: 'filter columns', G: 'groups'};
function drawNest(layer) {
  const levels = readMapping(layer.mapping);
  if (levels.length === 0) {
    return el('p', {}, 'This layer is streamed: its words pass once, there is no nest.');
  }
  const held = sumByMemory(layer);
  let depth = 0;
  const loop = (factor, spatial) => {
    const parts = /^([A-Z])(.*)$/.exec(factor) || [factor, factor, ''];
    const line = el('div', {class: 'loop' + (spatial ? ' spatial' : ''), style: {'--depth': depth},
                            title: dimNames[parts[1]] || null},
      el('span', {class: 'keyword'}, spatial ? 'parallel ' + spatial + ' ' : 'for '), parts[1] + ' in ' + parts[2]);
    if (!spatial) depth++;
    return line;
  };
  return el('div', {class: 'nest', role: 'img', 'aria-label': 'Loop nest: ' + layer.mapping.replace(/\s+/g, ' ')},
    levels.map(level => el('div', {class: 'level'},
      el('div', {class: 'memory'}, swatch(componentColour(level.name)), el('b', {}, level.name),
        held.has(level.name) ? ' holds ' + held.get(level.name) : level.keeps ? ' keeps ' + level.keeps.join(', ') : ''),
      level.temporal.map(factor => loop(factor, '')), level.x.map(factor => loop(factor, 'x')),
      level.y.map(factor => loop(factor, 'y')))),
    el('div', {class: 'loop', style: {'--depth': depth}}, 'multiply, add'));
}
function sumByMemory(layer) {
  const held = new Map();
  for (const row of layer.levelRows()) {
    const one = digits(row.tile_words) + ' words of ' + row.part;
    held.set(row.memory, held.has(row.memory) ? held.get(row.memory) + ', ' + one : one);
  }
  for (const row of layer.levelRows()) {
    if (row.instances > 1 && !held.get(row.memory).endsWith(')')) {
      held.set(row.memory, held.get(row.memory) + ' (each of ' + digits(row.instances) + ')');
    }
  }
  return held;
}

// --- Energy: how many times which price ---

// What an energy is the product of: {count, unit, bits} as the model counted; null where it keeps no count.
function countOf(layer, row, seconds) {
  const [part, verb] = row.action.split(' ');
  const level = layer.levelRows().find(l => l.memory === row.component && l.part === part);
  if (level && verb === 'read') return {count: level.reads_words + level.drain_reads_words, unit: 'words', bits: level.read_bits};
  if (level && verb === 'fill') return {count: level.fills_words, unit: 'words', bits: level.fill_bits};
  if (level && verb === 'update') return {count: level.updates_words, unit: 'words', bits: level.update_bits};
  const network = verb === 'transfer' &&
    layer.networkRows().find(n => n.below_memory + ' network' === row.component && n.part === part);
  if (network) return {count: network.words, unit: 'words', bits: network.bits, hops: network.hops};
  if (row.component === 'MAC' && row.action === 'multiply-accumulate') return {count: layer.macs, unit: 'MACs'};
  if (row.component === 'rebuild') return {count: layer.shift_adds, unit: 'shift-adds'};
  if (row.component === 'leakage') return {seconds};
  return null;
}
function priceTexts(row, counted) {
  if (!counted) return ['–', '–'];
  if (counted.seconds !== undefined) {
    const time = scaleFor('s', 1, counted.seconds);
    return [digits(counted.seconds * time.factor) + ' ' + time.unit, digits(row.energy_pj * 1e-9 / counted.seconds) + ' mW'];
  }
  if (counted.bits !== undefined) {
    const hops = counted.hops > 0 && counted.hops !== 1 ? ' over ' + digits(counted.hops, 4) + ' hops' : '';
    return [digits(counted.count) + ' words, ' + digits(counted.bits) + ' bit' + hops,
            digits(row.energy_pj / counted.bits) + ' pJ/bit'];
  }
  return [digits(counted.count) + ' ' + counted.unit, digits(row.energy_pj / counted.count) + ' pJ'];
}

function energyPanel(id, layer, colours, secondsPerCycle) {
  const list = layer.energyRows().sort((a, b) => b.energy_pj - a.energy_pj);
  const scale = picojoules(layer.energy_pj);
  const seconds = layer.latency_cycles * secondsPerCycle;
  return [el('h4', {}, 'Energy: ' + digits(layer.energy_pj * scale.factor) + ' ' + scale.unit),
    layerBar(layer, colours),
    plainTable('Every picojoule: how often, at which price, and where the price comes from',
      ['component', 'action', {text: 'count', number: true}, {text: '× price', number: true},
       {text: '= energy [' + scale.unit + ']', number: true}, {text: 'share', number: true}, 'origin of the price'],
      list.map(row => {
        const [count, price] = priceTexts(row, countOf(layer, row, seconds));
        return [[swatch(colours.get(row.component)), row.component], row.action, count, price,
                digits(row.energy_pj * scale.factor), percent(row.energy_pj / layer.energy_pj),
                [el('abbr', {title: markTitle(row.origin_mark)}, row.origin_mark), ' ' + row.origin]];
      })),
    el('p', {class: 'help'}, 'Prices are the energy over the count: of memories whose accesses are wider than a word, of ' +
      'engines that leave work out and of leakage that is what the accelerator’s own prices come to per bit, MAC or second. ' +
      'The inputs of the point, above, have them as they are declared.'),
    sqlBlock(sqlOf('energy', id, layer.layer_index), 'energies'), sqlBlock(sqlOf('level', id, layer.layer_index), 'counts of memories'),
    sqlBlock(sqlOf('network', id, layer.layer_index), 'counts of networks')];
}
const marks = {Q: 'quoted from the design’s own publication', L: 'from the literature', M: 'measured', D: 'derived',
               table: 'from a technology table', assumed: 'assumed'};
const markTitle = mark => marks[mark] || mark;

// --- Latency: by what sets it ---

function latencyPanel(layer, secondsPerCycle) {
  const parts = [['compute', layer.compute_cycles]];
  if (layer.rebuild_cycles) parts.push(['rebuild', layer.rebuild_cycles]);
  const seen = new Set();
  for (const row of layer.levelRows()) {
    if (!seen.has(row.memory) && row.memory_cycles > 0) parts.push([row.memory, row.memory_cycles]);
    seen.add(row.memory);
  }
  const added = [['first fills', layer.fill_cycles], ['last drains', layer.drain_cycles], ['passes', layer.pass_cycles]]
    .filter(part => part[1] > 0);
  const most = Math.max(layer.latency_cycles, ...parts.map(part => part[1]));
  const time = scaleFor('s', 1, layer.latency_cycles * secondsPerCycle);
  // A bottleneck may name a port of a memory: "GLB outputs reads".
  const sets = name => layer.bottleneck === name || layer.bottleneck.startsWith(name + ' ');
  const bar = ([name, cycles]) => el('div', {class: 'line' + (sets(name) ? ' sets' : '')},
    el('span', {class: 'name'}, name), el('span', {class: 'track', 'aria-hidden': 'true'},
      el('span', {style: {width: (most ? 100 * cycles / most : 0) + '%', background: componentColour(name)}})),
    el('span', {class: 'number'}, digits(cycles) + (sets(name) ? ' – sets it' : '')));
  return [el('h4', {}, 'Latency: ' + digits(layer.latency_cycles) + ' cycles = ' +
      digits(layer.latency_cycles * secondsPerCycle * time.factor) + ' ' + time.unit + ', set by ' + layer.bottleneck),
    el('div', {class: 'lines'}, parts.map(bar), added.map(bar)),
    el('p', {class: 'help'}, 'Cycles that each takes by itself. Compute, rebuild and memories that overlap hide behind the longest; ' +
      'memories that do not, first fills, last drains and passes are added. The multipliers work ' +
      percent(layer.utilization) + ' of the time.')];
}

function memoryPanel(layer) {
  const list = layer.levelRows();
  if (list.length === 0) return null;
  return el('details', {}, el('summary', {}, 'What each memory does with each part'),
    plainTable('Words moved, over all instances', ['memory', 'part', {text: 'tile [words]', number: true},
      {text: 'instances', number: true}, {text: 'reads', number: true}, {text: 'drain reads', number: true},
      {text: 'fills', number: true}, {text: 'updates', number: true}, {text: 'stored [bit]', number: true},
      {text: 'read [bit/cycle]', number: true}, {text: 'written [bit/cycle]', number: true}],
      list.map(row => [row.memory, row.part, digits(row.tile_words), digits(row.instances), digits(row.reads_words),
        digits(row.drain_reads_words), digits(row.fills_words), digits(row.updates_words), digits(row.stored_bits),
        digits(row.read_bits_per_cycle, 4), digits(row.write_bits_per_cycle, 4)])));
}

// --- Layers ---

// Components stand in one order in all bars.
function layerBar(layer, colours) {
  const sums = byComponent(layer.energyRows());
  return stackedBar([...colours.keys()].map(name => [name, sums.get(name) || 0]), layer.energy_pj, colours);
}

function layerPanel(id, layer, colours, secondsPerCycle) {
  const facts = [layer.kind, layer.repeat > 1 ? 'executed ' + layer.repeat + ' times' : null,
    layer.macs ? digits(layer.macs) + ' MACs' : null,
    layer.ops_per_dram_byte !== null ? digits(layer.ops_per_dram_byte, 4) + ' operations per byte of the outermost memory' : null,
    layer.weight_bits ? digits(layer.weight_bits) + ' bit of weights' + (layer.weights ? ' (' + layer.weights + ')' : '') : null,
    layer.rel_error ? 'relative error ' + digits(layer.rel_error, 4) : null,
    'mapping ' + (layer.mapper_status === 'optimal' ? 'proved optimal' : layer.mapper_status + ', gap ' + percent(layer.mapper_gap))];
  const file = String(layer.layer_index).padStart(3, '0') + '-' + layer.layer.replace(/\//g, '_') + '.yaml';
  const folder = 'point' + id;
  return el('div', {id: 'layer', role: 'tabpanel', 'aria-labelledby': 'layer-heading'},
    el('h3', {id: 'layer-heading', tabindex: '-1'}, 'Layer ' + layer.layer), el('p', {}, facts.filter(fact => fact).join(' · ')),
    layer.hint ? el('p', {class: 'notice'}, 'Hint: ' + layer.hint) : null,
    el('div', {class: 'sides'}, el('div', {}, el('h4', {}, 'Mapping'), drawNest(layer),
      el('details', {}, el('summary', {}, 'As a mapping file'), el('pre', {tabindex: '0'}, layer.mapping),
        copyButton(layer.mapping, 'Copy mapping'))),
    el('div', {}, latencyPanel(layer, secondsPerCycle))), energyPanel(id, layer, colours, secondsPerCycle),
    memoryPanel(layer),
    el('p', {class: 'help'}, 'Every count with its formula, after the command that reproduces the point (weights in a form other than raw: ' +
      'add its --form):'),
    command('sdse explain -a ' + folder + '/accelerator.yaml -w ' + folder + '/network.yaml -l ' + quoted(layer.layer) +
      ' -m ' + quoted(folder + '/mappings/' + file)));
}

function layerTable(id, detail, colours, secondsPerCycle) {
  const layers = detail.layers;
  const most = Math.max(...layers.map(layer => layer.energy_pj), 0);
  const scale = picojoules(most), time = scaleFor('s', 1, Math.max(...layers.map(l => l.latency_cycles), 0) * secondsPerCycle);
  const totalCycles = layers.reduce((sum, layer) => sum + layer.latency_cycles, 0);
  const totalEnergy = layers.reduce((sum, layer) => sum + layer.energy_pj, 0);
  const body = el('tbody', {});
  layers.forEach((layer, i) => {
    body.append(el('tr', {'data-layer': i, 'aria-selected': i === state.layer ? 'true' : 'false',
                          class: i === state.layer ? 'open' : null, onclick: () => openLayer(i)},
      el('td', {class: 'number'}, String(layer.layer_index)), el('td', {}, layer.layer), el('td', {}, layer.kind),
      el('td', {class: 'number'}, digits(layer.repeat)), el('td', {class: 'number'}, digits(layer.energy_pj * scale.factor, 4)),
      el('td', {class: 'barcell'}, el('div', {style: {width: (most ? 100 * layer.energy_pj / most : 0) + '%'}},
        layerBar(layer, colours))),
      el('td', {class: 'number'}, percent(layer.energy_pj / totalEnergy)),
      el('td', {class: 'number'}, digits(layer.latency_cycles * secondsPerCycle * time.factor, 4)),
      el('td', {class: 'number'}, percent(layer.latency_cycles / totalCycles)), el('td', {}, layer.bottleneck),
      el('td', {class: 'number'}, percent(layer.utilization))));
  });
  const heads = [['#', true], ['layer'], ['kind'], ['repeat', true], ['energy [' + scale.unit + ']', true], ['by component'],
    ['share', true], ['latency [' + time.unit + ']', true], ['share', true], ['set by'], ['multipliers', true]];
  const list = el('div', {class: 'scroll layers', tabindex: '0', role: 'region', 'aria-label':
      'Layers; up and down choose one, Enter goes to it', id: 'layers'},
    el('table', {}, el('caption', {}, 'Layers, all executions'), el('thead', {}, el('tr', {}, heads.map(([title, number]) =>
      el('th', {scope: 'col', class: number ? 'number' : null}, title)))), body));
  list.addEventListener('keydown', event => {
    const to = {ArrowDown: state.layer + 1, ArrowUp: state.layer - 1, Home: 0, End: layers.length - 1}[event.key];
    if (event.key === 'Enter') byId('layer-heading').focus();
    if (to === undefined) return;
    event.preventDefault();
    openLayer(Math.min(layers.length - 1, Math.max(0, to)));
  });
  return [list, sqlBlock(sqlOf('layer', id, ''), 'layers')];
}

// --- The panel ---

const pointPanel = (() => {
  let now = null; // of the point that is open: {id, detail, colours, secondsPerCycle}

  function figureTable(row) {
    const facts = figures.filter(figure => figure.metric && !Number.isNaN(figure.source.number(row)))
      .map(figure => [figureTitle(figure), digits(shown(figure, row), 6)]);
    for (const [name, title] of [['compression', 'compression of the weights'], ['weights', 'weights'],
                                 ['objective', 'mappings minimise'], ['mapper_status', 'mappings'], ['not_modelled', 'operators not modelled']]) {
      const value = column(name).value(row);
      if (value !== null && value !== undefined) facts.push([title, typeof value === 'number' ? digits(value) : value]);
    }
    const set = parameters.filter(p => p.value(row) !== null && p.value(row) !== undefined);
    return el('div', {class: 'facts'}, el('dl', {}, facts.map(([name, value]) => [el('dt', {}, name), el('dd', {}, value)])),
      set.length ? el('dl', {}, set.map(p => [el('dt', {}, p.name), el('dd', {}, String(p.value(row)))])) : null);
  }

  function componentPanel(id, layers, colours) {
    const list = energyOf(layers);
    const whole = list.reduce((sum, row) => sum + row.energy_pj, 0), scale = picojoules(whole);
    const components = [...byComponent(list)].sort((a, b) => b[1] - a[1]);
    const known = [...sumBy(list, row => row.origin_mark, row => row.energy_pj)].sort((a, b) => b[1] - a[1]);
    return [el('h3', {}, 'Energy by component'), stackedBar(components, whole, colours),
      plainTable('All layers', ['component', {text: 'energy [' + scale.unit + ']', number: true}, {text: 'share', number: true}],
        components.map(([name, value]) => [[swatch(colours.get(name)), name], digits(value * scale.factor), percent(value / whole)])),
      el('p', {}, 'How well the prices behind it are known: ' +
        known.map(([mark, value]) => percent(value / whole) + ' ' + markTitle(mark)).join(', ') + '.'),
      sqlBlock('SELECT component, sum(energy_pj) AS energy_pj FROM v_energy WHERE point_id = ' + id +
        ' GROUP BY component ORDER BY energy_pj DESC', 'components')];
  }

  function inputsPanel(detail) {
    return el('details', {}, el('summary', {}, 'Inputs as they were resolved, and their hashes'),
      [['arch', 'Accelerator'], ['workload', 'Network'], ['form', 'Weight form']].map(([kind, title]) => {
        const input = detail.input(kind);
        return el('details', {}, el('summary', {}, title + ' ' + input.name + ', ' + input.hash),
          el('pre', {tabindex: '0', class: 'text'}, input.text()));
      }));
  }

  function withoutDetails(id) {
    return el('p', {class: 'notice'}, 'The layers of this point are not in this page (' + leftOutReason() + '). They are shown by',
      command('sdse show point ' + database + ' ' + id));
  }

  function draw() {
    const body = byId('point-body'), row = state.row;
    now = null;
    if (row === null) {
      byId('point-heading').textContent = 'Point';
      body.replaceChildren(el('p', {class: 'help'}, 'Choose a point in the picture or in the table.'));
      return;
    }
    const id = idOf(row), detail = detailsOf(id);
    byId('point-heading').textContent = 'Point ' + id + ': ' + nameOf(row);
    const parts = [el('div', {class: 'controls'},
        el('button', {type: 'button', onclick: () => choose('a', row)}, 'Compare as A'),
        el('button', {type: 'button', onclick: () => choose('b', row)}, 'Compare as B')),
      isOk(row) ? null : el('p', {class: 'notice'}, text('status', row) + ': ' + text('reason', row))];
    const left = [figureTable(row),
      el('p', {class: 'help'}, 'Reproduce it: its inputs and mappings as files, run again, compared to the last bit.' +
        (detail ? ' Its hash is ' + detail.hash + '.' : '')),
      command('sdse reproduce ' + database + ' ' + id + ' -o point' + id)];
    if (!detail) {
      parts.push(...left, isOk(row) ? withoutDetails(id) : null);
    } else {
      const secondsPerCycle = column('latency_s').number(row) / column('latency_cycles').number(row);
      const colours = componentColours(byComponent(energyOf(detail.layers)));
      now = {id, detail, colours, secondsPerCycle};
      state.layer = Math.min(state.layer, detail.layers.length - 1);
      parts.push(el('div', {class: 'sides'}, el('div', {}, left, inputsPanel(detail)),
        el('div', {}, componentPanel(id, detail.layers, colours))), el('h3', {}, 'Layers'),
        layerTable(id, detail, colours, secondsPerCycle), el('div', {id: 'layer-place'}));
    }
    body.replaceChildren(...parts.flat(Infinity).filter(part => part));
    drawLayer();
  }

  function drawLayer() {
    if (!now) return;
    const layer = now.detail.layers[state.layer];
    byId('layer-place').replaceChildren(layerPanel(now.id, layer, now.colours, now.secondsPerCycle));
    for (const row of document.querySelectorAll('#layers tbody tr')) {
      const open = +row.dataset.layer === state.layer;
      row.classList.toggle('open', open);
      row.setAttribute('aria-selected', open ? 'true' : 'false');
      // Within its own list, not the page.
      const list = byId('layers');
      if (open && (row.offsetTop < list.scrollTop + 30 || row.offsetTop + row.offsetHeight > list.scrollTop + list.clientHeight)) {
        list.scrollTop = row.offsetTop - list.clientHeight / 2;
      }
    }
  }
  on('row', draw);
  on('layer', drawLayer);
  return {draw};
})();
