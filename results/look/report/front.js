// --- The picture of points in two figures, with their front ---

const picture = (() => {
  const canvas = byId('picture'), tip = byId('tip');
  const chosen = {x: null, y: null, colour: '', logX: false, logY: false};
  const margin = {left: 64, right: 16, top: 12, bottom: 44};
  // What is drawn: count, and of each its row, u and v in figures, x and y in pixels.
  let drawn = {count: 0};
  let position = new Uint32Array(rows); // of a row among these, plus one
  let cells = null; // squares of pixels -> what is drawn there; made when it is asked for
  let line = []; // rows of the front of the two figures, along x
  let hovered = null;
  const square = 24;

  // --- What there is to see ---

  // Those drawn that nothing shown beats in both figures, along u; equal ones are all kept.
  function frontOf({count, row, u, v}) {
    // One good point beats most of many, which then need no order.
    let pivot = 0;
    for (let i = 1; i < count; i++) if (u[i] * v[i] < u[pivot] * v[pivot]) pivot = i;
    const candidates = [];
    for (let i = 0; i < count; i++) {
      if (u[i] < u[pivot] || v[i] < v[pivot] || (u[i] === u[pivot] && v[i] === v[pivot])) candidates.push(i);
    }
    candidates.sort((a, b) => u[a] - u[b] || v[a] - v[b] || row[a] - row[b]);
    const kept = [];
    let least = Infinity, at = NaN;
    for (const i of candidates) {
      if (v[i] > least || (v[i] === least && u[i] !== at)) continue;
      kept.push(i);
      least = v[i];
      at = u[i];
    }
    return kept;
  }

  const categoryColour = i => getComputedStyle(document.documentElement).getPropertyValue('--category-' + i).trim();

  // Colours and shapes by a text column or a parameter of few values: the most frequent
  // first, the rest is grey.
  function categories({count, row: rowOf}) {
    const source = columns.find(c => c.name === chosen.colour);
    if (!source) return {of: () => 0, list: [{title: 'points', colour: categoryColour(0), shape: 'circle'}]};
    const counts = new Map();
    for (let i = 0; i < count; i++) {
      const value = source.value(rowOf[i]);
      counts.set(value, (counts.get(value) || 0) + 1);
    }
    const frequent = [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a) || (a < b ? -1 : 1));
    const own = frequent.slice(0, shapes.length);
    if (own.every(value => typeof value === 'number')) own.sort((a, b) => a - b);
    const number = new Map(own.map((value, i) => [value, i]));
    const list = own.map((value, i) => ({title: source.name + ' ' + (value === null ? 'none' : value),
                                         colour: categoryColour(i), shape: shapes[i]}));
    if (frequent.length > own.length) {
      list.push({title: (frequent.length - own.length) + ' other values', colour: ink().soft, shape: 'circle'});
    }
    return {of: row => number.has(source.value(row)) ? number.get(source.value(row)) : own.length, list};
  }

  // --- Axes ---

  function axis(values, from, to, log) {
    let low = Infinity, high = -Infinity;
    for (const value of values) {
      if (log && !(value > 0)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    if (!(low <= high)) return null;
    if (log) {
      const a = Math.log10(low), b = Math.log10(high), pad = (b - a) * 0.04 || 0.1;
      const at = value => from + (to - from) * (Math.log10(value) - a + pad) / (b - a + 2 * pad);
      return {at, ticks: logTicks(low, high)};
    }
    const pad = (high - low) * 0.04 || Math.abs(high) * 0.1 || 1;
    if (low >= 0 && low < 0.25 * high) low = 0;
    else low -= pad;
    high += pad;
    return {at: value => from + (to - from) * (value - low) / (high - low), ticks: linearTicks(low, high)};
  }
  function linearTicks(low, high) {
    const rough = (high - low) / 6, power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map(k => k * power).find(s => s >= rough);
    const ticks = [];
    for (let k = Math.ceil(low / step); k * step <= high; k++) ticks.push(Number((k * step).toPrecision(12)));
    return ticks;
  }
  function logTicks(low, high) {
    const ticks = [];
    const steps = high / low > 300 ? [1] : high / low > 10 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9];
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
      for (const k of steps) {
        const value = Number((k * 10 ** power).toPrecision(12));
        if (value >= low && value <= high) ticks.push(value);
      }
    }
    return ticks.length > 1 ? ticks : [low, high];
  }

  // --- Marks ---

  function trace(context, shape, x, y, size) {
    context.beginPath();
    if (shape === 'circle' || shape === 'ring') {
      context.arc(x, y, size, 0, 2 * Math.PI);
    } else if (shape === 'square') {
      context.rect(x - size * 0.9, y - size * 0.9, size * 1.8, size * 1.8);
    } else if (shape === 'cross') {
      context.rect(x - size, y - size * 0.35, size * 2, size * 0.7);
      context.rect(x - size * 0.35, y - size, size * 0.7, size * 2);
    } else {
      const corners = {triangle: [[0, -1.2], [1.1, 0.8], [-1.1, 0.8]], down: [[0, 1.2], [1.1, -0.8], [-1.1, -0.8]],
                       diamond: [[0, -1.25], [1.1, 0], [0, 1.25], [-1.1, 0]]}[shape];
      corners.forEach(([dx, dy], i) => context[i ? 'lineTo' : 'moveTo'](x + dx * size, y + dy * size));
      context.closePath();
    }
  }
  function mark(context, category, x, y, size) {
    trace(context, category.shape, x, y, size);
    if (category.shape === 'ring') {
      context.lineWidth = 2;
      context.strokeStyle = category.colour;
      context.stroke();
    } else {
      context.fillStyle = category.colour;
      context.fill();
    }
  }

  function ink() {
    const style = getComputedStyle(document.documentElement);
    const of = name => style.getPropertyValue(name).trim();
    return {text: of('--text'), soft: of('--soft'), rule: of('--rule'), back: of('--back'), front: of('--front')};
  }

  function drawAxes(context, ink, width, height, x, y) {
    context.font = '12px sans-serif';
    context.lineWidth = 1;
    const right = width - margin.right, bottom = height - margin.bottom;
    context.strokeStyle = ink.rule;
    context.fillStyle = ink.soft;
    context.textAlign = 'center';
    context.textBaseline = 'top';
    let free = -Infinity;
    for (const tick of x.axis.ticks) {
      const at = Math.round(x.axis.at(tick)) + 0.5;
      context.beginPath();
      context.moveTo(at, margin.top);
      context.lineTo(at, bottom);
      context.stroke();
      const label = digits(tick), half = context.measureText(label).width / 2 + 4;
      if (at - half < free) continue;
      context.fillText(label, at, bottom + 6);
      free = at + half;
    }
    context.textAlign = 'right';
    context.textBaseline = 'middle';
    for (const tick of y.axis.ticks) {
      const at = Math.round(y.axis.at(tick)) + 0.5;
      context.beginPath();
      context.moveTo(margin.left, at);
      context.lineTo(right, at);
      context.stroke();
      context.fillText(digits(tick), margin.left - 6, at);
    }
    context.strokeStyle = ink.soft;
    context.strokeRect(margin.left + 0.5, margin.top + 0.5, right - margin.left, bottom - margin.top);
    context.fillStyle = ink.text;
    context.textAlign = 'center';
    context.textBaseline = 'bottom';
    context.fillText(figureTitle(x.figure), (margin.left + right) / 2, height - 4);
    context.save();
    context.translate(14, (margin.top + bottom) / 2);
    context.rotate(-Math.PI / 2);
    context.fillText(figureTitle(y.figure), 0, 0);
    context.restore();
  }

  // --- Drawing ---

  function draw() {
    const x = {figure: figureOf(chosen.x)}, y = {figure: figureOf(chosen.y)};
    const ratio = devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const context = canvas.getContext('2d');
    context.scale(ratio, ratio);
    const colours = ink();
    context.fillStyle = colours.back;
    context.fillRect(0, 0, width, height);
    drawn = {count: 0};
    position.fill(0);
    cells = null;
    line = [];
    if (!x.figure || !y.figure) return empty(context, colours, 'No figure is known of these points.');
    const visible = table.visible(), most = visible.length;
    const points = {count: 0, row: new Uint32Array(most), u: new Float64Array(most), v: new Float64Array(most),
                    x: new Float64Array(most), y: new Float64Array(most)};
    for (const row of visible) {
      const u = shown(x.figure, row), v = shown(y.figure, row), i = points.count;
      if (!Number.isFinite(u) || !Number.isFinite(v) || !isOk(row) || (chosen.logX && u <= 0) || (chosen.logY && v <= 0)) continue;
      points.row[i] = row;
      points.u[i] = u;
      points.v[i] = v;
      points.count++;
    }
    const count = points.count;
    x.axis = axis(points.u.subarray(0, count), margin.left, width - margin.right, chosen.logX);
    y.axis = axis(points.v.subarray(0, count), height - margin.bottom, margin.top, chosen.logY);
    if (!x.axis || !y.axis) return empty(context, colours, 'No point with a mapping passes the filters.');
    drawAxes(context, colours, width, height, x, y);
    for (let i = 0; i < count; i++) {
      points.x[i] = x.axis.at(points.u[i]);
      points.y[i] = y.axis.at(points.v[i]);
      position[points.row[i]] = i + 1;
    }
    drawn = points;
    const front = frontOf(points);
    line = front.map(i => points.row[i]);
    const groupsOf = categories(points);
    // Many points are small ones; those of a front stand above.
    const size = count > 20000 ? 1.5 : count > 2000 ? 2.2 : count > 300 ? 3 : 4.5;
    context.globalAlpha = count > 2000 ? 0.7 : 0.85;
    if (size < 3) {
      drawMany(context, groupsOf, size, width, height);
    } else {
      for (let i = 0; i < count; i++) {
        mark(context, groupsOf.list[groupsOf.of(points.row[i])], points.x[i], points.y[i], size);
      }
    }
    context.globalAlpha = 1;
    drawLine(context, colours, front);
    for (let i = 0; i < count; i++) {
      if (!onFront[points.row[i]]) continue;
      mark(context, groupsOf.list[groupsOf.of(points.row[i])], points.x[i], points.y[i], Math.max(size, 4));
      context.lineWidth = 1.5;
      context.strokeStyle = colours.front;
      context.beginPath();
      context.arc(points.x[i], points.y[i], Math.max(size, 4) + 3, 0, 2 * Math.PI);
      context.stroke();
    }
    drawLabels(context, colours, width);
    legend(groupsOf, count);
  }

  // Squares, category by category; where one of a category stands another adds nothing.
  function drawMany(context, groupsOf, size, width, height) {
    const {count, row, x, y} = drawn;
    const category = new Uint8Array(count), taken = new Uint8Array(Math.ceil(width) * Math.ceil(height));
    for (let i = 0; i < count; i++) category[i] = groupsOf.of(row[i]);
    groupsOf.list.forEach((of, c) => {
      context.fillStyle = of.colour;
      for (let i = 0; i < count; i++) {
        if (category[i] !== c) continue;
        const pixel = Math.floor(y[i]) * Math.ceil(width) + Math.floor(x[i]);
        if (taken[pixel] === c + 1) continue;
        taken[pixel] = c + 1;
        context.fillRect(x[i] - size, y[i] - size, 2 * size, 2 * size);
      }
    });
  }

  function empty(context, colours, what) {
    context.fillStyle = colours.soft;
    context.font = '14px sans-serif';
    context.textAlign = 'center';
    context.fillText(what, canvas.clientWidth / 2, canvas.clientHeight / 2);
    byId('legend').replaceChildren();
    byId('front-facts').textContent = '';
  }

  // What is dominated lies right of and above the steps.
  function drawLine(context, colours, points) {
    context.strokeStyle = colours.front;
    context.lineWidth = 1.5;
    context.beginPath();
    points.forEach((at, i) => {
      if (i) context.lineTo(drawn.x[at], drawn.y[points[i - 1]]);
      context[i ? 'lineTo' : 'moveTo'](drawn.x[at], drawn.y[at]);
    });
    context.stroke();
  }

  const placeAt = i => ({row: drawn.row[i], x: drawn.x[i], y: drawn.y[i]});
  const placeOf = row => (position[row] ? placeAt(position[row] - 1) : undefined);
  function drawLabels(context, colours, width) {
    const labels = [...kneeRows].filter(row => position[row]).map(row => [placeOf(row), 'knee']);
    for (const [row, name] of [[state.a, 'A'], [state.b, 'B']]) {
      if (row !== null && placeOf(row)) labels.push([placeOf(row), name]);
    }
    context.font = 'bold 12px sans-serif';
    context.textBaseline = 'bottom';
    for (const [at, name] of labels) {
      context.textAlign = at.x > width - 80 ? 'right' : 'left';
      context.lineWidth = 3;
      context.strokeStyle = colours.back;
      const x = at.x + (at.x > width - 80 ? -9 : 9);
      context.strokeText(name, x, at.y - 6);
      context.fillStyle = colours.text;
      context.fillText(name, x, at.y - 6);
    }
    for (const row of [state.row, hovered]) {
      const at = row === null ? null : placeOf(row);
      if (!at) continue;
      context.strokeStyle = colours.text;
      context.lineWidth = row === state.row ? 2.5 : 1.5;
      context.beginPath();
      context.arc(at.x, at.y, 10, 0, 2 * Math.PI);
      context.stroke();
    }
  }

  function legend(groupsOf, count) {
    const items = groupsOf.list.map(category => {
      const sample = el('canvas', {width: 28, height: 28, 'aria-hidden': 'true'});
      const context = sample.getContext('2d');
      context.scale(2, 2);
      mark(context, category, 7, 7, 4.5);
      return el('li', {}, sample, category.title);
    });
    const names = report.request.objectives.map(name => (figureOf(name) || {title: name}).title.toLowerCase());
    items.push(el('li', {}, el('span', {class: 'circled', 'aria-hidden': 'true'}),
      'on its network’s front of ' + names.join(', ')));
    items.push(el('li', {}, el('span', {class: 'stepped', 'aria-hidden': 'true'}), 'front of the two figures here'));
    byId('legend').replaceChildren(...items);
    const front = report.fronts.find(f => f.workload === state.network);
    const volume = front && front.hypervolume_fraction !== undefined
      ? '; hypervolume ' + digits(front.hypervolume_fraction, 4) + ' of the box below 1.1 times its worst' : '';
    byId('front-facts').textContent = groups(String(count)) + (count === 1 ? ' point shown, ' : ' points shown, ') + line.length +
      ' on the front of the two figures' + (front ? '; ' + front.rows.length + ' on the front of ' +
      names.join(', ') + volume : '') + '.';
    canvas.setAttribute('aria-label', count + (count === 1 ? ' point by ' : ' points by ') + chosen.x + ' and ' + chosen.y + ', ' + line.length +
      ' on the front');
  }

  // --- Hover, click, keys ---

  const cellOf = (x, y) => Math.floor(x / square) * 65536 + Math.floor(y / square);
  function makeCells() {
    cells = new Map();
    for (let i = 0; i < drawn.count; i++) {
      const key = cellOf(drawn.x[i], drawn.y[i]);
      if (cells.has(key)) cells.get(key).push(i);
      else cells.set(key, [i]);
    }
  }
  function nearest(x, y) {
    if (!cells) makeCells();
    let best = null, least = 15 * 15;
    for (let i = -1; i <= 1; i++) {
      for (let j = -1; j <= 1; j++) {
        for (const at of cells.get(cellOf(x + i * square, y + j * square)) || []) {
          // Of points in one place those of a front come first.
          const distance = (drawn.x[at] - x) ** 2 + (drawn.y[at] - y) ** 2 - (onFront[drawn.row[at]] ? 9 : 0);
          if (distance < least) {
            least = distance;
            best = at;
          }
        }
      }
    }
    return best === null ? null : placeAt(best);
  }

  function describe(row) {
    const of = name => {
      const figure = figureOf(name);
      return figure ? figure.title + ' ' + digits(shown(figure, row)) + (figure.unit ? ' ' + figure.unit : '') : '';
    };
    return [...new Set([chosen.x, chosen.y, ...report.request.objectives])].map(of);
  }
  function showTip(at) {
    hovered = at ? at.row : null;
    tip.hidden = !at;
    if (!at) return;
    tip.replaceChildren(el('b', {}, 'Point ' + idOf(at.row)), el('div', {}, nameOf(at.row)),
      ...describe(at.row).map(figure => el('div', {}, figure)));
    const left = at.x > canvas.clientWidth / 2;
    tip.style.left = left ? 'auto' : at.x + 14 + 'px';
    tip.style.right = left ? canvas.clientWidth - at.x + 14 + 'px' : 'auto';
    tip.style.top = Math.max(0, Math.min(at.y - 20, canvas.clientHeight - 110)) + 'px';
  }
  let waiting = false;
  function drawSoon() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; draw(); });
  }
  canvas.addEventListener('mousemove', event => {
    const at = nearest(event.offsetX, event.offsetY);
    if ((at ? at.row : null) === hovered) return;
    showTip(at);
    canvas.style.cursor = at ? 'pointer' : 'default';
    if (drawn.count < 20000) drawSoon();
  });
  canvas.addEventListener('mouseleave', () => { showTip(null); drawSoon(); });
  canvas.addEventListener('click', event => {
    const at = nearest(event.offsetX, event.offsetY);
    if (at) openPoint(at.row);
  });
  canvas.addEventListener('blur', () => { showTip(null); drawSoon(); });
  canvas.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey || line.length === 0) return;
    const at = line.indexOf(hovered !== null ? hovered : state.row);
    const go = to => {
      const row = line[Math.min(line.length - 1, Math.max(0, to))];
      showTip(placeOf(row));
      drawSoon();
      say('Point ' + idOf(row) + ': ' + nameOf(row) + '. ' + describe(row).join(', '));
    };
    const row = at >= 0 ? line[at] : null;
    const keys = {
      ArrowRight: () => go(at + 1), ArrowLeft: () => go(at - 1), Home: () => go(0), End: () => go(line.length - 1),
      Enter: () => row !== null && openPoint(row, true),
      a: () => row !== null && choose('a', row), b: () => row !== null && choose('b', row),
      Escape: () => { showTip(null); drawSoon(); },
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });

  // --- Controls ---

  function choice(label, values, value, change) {
    const select = el('select', {}, values.map(([name, title]) => el('option', {value: name}, title)));
    select.value = value;
    select.addEventListener('change', () => change(select.value));
    return el('label', {}, label + ' ', select);
  }
  function drawCommand() {
    byId('front-sql').replaceChildren(command('sdse pareto ' + database +
      (state.network === null ? '' : ' -w ' + quoted(state.network)) + ' -O ' + report.request.objectives.join(',') +
      filterOptions(['workload'])));
  }
  function start() {
    const axes = figures.filter(figure => figure.metric || !figure.source.constant)
      .map(figure => [figure.name, figure.title === figure.name || !figure.metric ? figure.name
        : figure.title + ' (' + figure.name + ')']);
    const wanted = report.request.objectives.filter(figureOf);
    chosen.x = wanted[0] || (axes[0] || [null])[0];
    chosen.y = wanted[1] || (axes[1] || axes[0] || [null])[0];
    const kinds = columns.filter(c => !c.constant &&
      (c.parameter || ['arch', 'form', 'objective', 'weights', 'mapper_status'].includes(c.name)));
    chosen.colour = (kinds.find(c => c.name === 'arch') || kinds.find(c => c.name === 'form') || kinds[0] || {name: ''}).name;
    const networks = report.fronts.map(front => [front.workload, front.workload]);
    const controls = byId('front-controls');
    const network = choice('Network', [...networks, ['', 'all networks']], state.network === null ? '' : state.network,
      value => { state.network = value === '' ? null : value; emit('network'); });
    network.firstElementChild.id = 'network';
    const log = (label, key) => {
      const box = el('input', {type: 'checkbox'});
      box.addEventListener('change', () => { chosen[key] = box.checked; draw(); });
      return el('label', {}, box, ' ' + label);
    };
    controls.append(network, choice('x', axes, chosen.x, value => { chosen.x = value; draw(); }), log('log', 'logX'),
      choice('y', axes, chosen.y, value => { chosen.y = value; draw(); }), log('log', 'logY'),
      choice('Colour', [['', 'none'], ...kinds.map(c => [c.name, c.name])], chosen.colour,
        value => { chosen.colour = value; draw(); }));
    controls.addEventListener('submit', event => event.preventDefault());
    drawCommand();
    addEventListener('resize', drawSoon);
    addEventListener('beforeprint', draw);
  }
  on('visible', draw);
  on('network', drawCommand);
  on('row', draw);
  on('compare', draw);
  on('theme', draw);
  return {start, draw, line: () => line, placeOf};
})();
