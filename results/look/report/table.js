// --- The table of points: sorted, filtered, only the rows in sight are made ---

const table = (() => {
  const rowHeight = 26;
  const grid = byId('grid'), head = byId('grid-head'), body = byId('grid-body');
  const order = {by: null, falling: false};
  const filters = new Map(); // column -> {typed, test}
  let visible = new Uint32Array(0);
  let current = 0; // position in visible
  let frontsOnly = false;

  // What is the same for all is said once, below the table.
  const shownColumns = [];
  function add(name, title, source, scale) {
    if (source === absent || source.constant) return;
    shownColumns.push({name, title, source, factor: scale ? scale.factor : 1, isText: source.isText});
  }
  add('point_id', 'point', column('point_id'));
  for (const name of ['workload', 'arch', 'form']) add(name, name, column(name));
  for (const parameter of parameters) add(parameter.name, parameter.name, parameter);
  for (const figure of figures) {
    if (figure.metric) add(figure.name, figureTitle(figure).replace('Relative weight error', 'Weight error'),
                           figure.source, figure);
  }
  for (const name of ['compression', 'output_sqnr_db', 'objective', 'status', 'reason', 'weights', 'mapper_status',
                      'mapper_gap', 'front_elements', 'not_modelled', 'superseded']) add(name, name, column(name));
  if (shownColumns.length === 0) add('point_id', 'point', {...column('point_id'), constant: false});
  shownColumns.splice(1, 0, {name: 'front', title: 'front', isText: true, factor: 1,
    source: {value: row => (kneeRows.has(row) ? 'knee' : onFront[row] ? 'front' : null), number: () => NaN}});

  const cellText = (shownColumn, row) => {
    const value = shownColumn.source.value(row);
    if (value === null || value === undefined) return shownColumn.isText ? '' : '–';
    return typeof value === 'number' ? digits(value * shownColumn.factor) : value;
  };

  // --- Filters ---

  // A typed condition as a function of a cell; null if it is none.
  function parseFilter(typed, isText) {
    const wanted = typed.trim();
    if (wanted === '') return {all: true};
    if (isText) {
      const rest = wanted.slice(1).toLowerCase();
      if (wanted[0] === '=') return {test: value => String(value).toLowerCase() === rest};
      if (wanted[0] === '!') return {test: value => !String(value).toLowerCase().includes(rest)};
      const part = wanted.toLowerCase();
      return {test: value => String(value).toLowerCase().includes(part)};
    }
    const plain = wanted.replace(/[\s ]/g, '');
    const number = '([-+]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][-+]?\\d+)?)';
    const range = new RegExp('^' + number + '\\.\\.' + number + '$').exec(plain);
    if (range) return {test: value => value >= +range[1] && value <= +range[2]};
    const sign = new RegExp('^(<=|>=|<|>|=|!)?' + number + '$').exec(plain);
    if (!sign) return null;
    const limit = +sign[2];
    // A number without a sign is the number as the table shows it.
    const tests = {
      '<': value => value < limit, '<=': value => value <= limit, '>': value => value > limit,
      '>=': value => value >= limit, '!': value => value !== limit,
    };
    return {test: tests[sign[1]] || (value => value === limit || digits(value) === digits(limit))};
  }

  function setFilter(shownColumn, input) {
    const filter = parseFilter(input.value, shownColumn.isText);
    input.toggleAttribute('aria-invalid', filter === null);
    if (filter === null) return;
    if (filter.all) filters.delete(shownColumn);
    else filters.set(shownColumn, {typed: input.value.trim(), test: filter.test});
    refresh();
  }

  // Each text is tested once, not each row.
  function rowTest(shownColumn, test) {
    const source = shownColumn.source;
    if (source.code) {
      const passes = source.texts.map(test);
      return row => source.code(row) !== null && passes[source.code(row)];
    }
    if (shownColumn.isText) return row => test(source.value(row) === null ? '' : source.value(row));
    return row => {
      const value = source.number(row) * shownColumn.factor;
      return !Number.isNaN(value) && test(value);
    };
  }

  function select() {
    const tests = [];
    if (state.network !== null) tests.push(row => column('workload').value(row) === state.network);
    if (frontsOnly) tests.push(row => onFront[row] === 1);
    for (const [shownColumn, filter] of filters) tests.push(rowTest(shownColumn, filter.test));
    const kept = new Uint32Array(rows);
    let count = 0;
    for (let row = 0; row < rows; row++) {
      let keep = true;
      for (let i = 0; keep && i < tests.length; i++) keep = tests[i](row);
      if (keep) kept[count++] = row;
    }
    visible = kept.slice(0, count);
  }

  // Absent values come last, whatever the direction; equal ones by number of the point.
  function sort() {
    const by = order.by;
    if (!by) return;
    const sign = order.falling ? -1 : 1;
    let key;
    if (by.isText) {
      const values = new Array(rows);
      const ranks = new Map();
      for (const row of visible) {
        values[row] = by.source.value(row);
        ranks.set(values[row], 0);
      }
      const sorted = [...ranks.keys()].filter(value => value !== null).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
      sorted.forEach((value, i) => ranks.set(value, i));
      key = row => (values[row] === null ? NaN : ranks.get(values[row]));
    } else {
      key = row => by.source.number(row);
    }
    const keys = new Float64Array(rows);
    for (const row of visible) keys[row] = key(row);
    visible.sort((a, b) => {
      const x = keys[a], y = keys[b];
      if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y) || a - b;
      return x === y ? a - b : x < y ? -sign : sign;
    });
  }

  // --- Drawing ---

  // Widths from the headings and a sample of cells, in characters.
  function width(shownColumn) {
    let longest = Math.max(shownColumn.title.length + 2, 6);
    const step = Math.max(1, Math.floor(rows / 200));
    for (let row = 0; row < rows; row += step) longest = Math.max(longest, cellText(shownColumn, row).length + 1);
    return Math.min(longest, 34);
  }
  const template = shownColumns.map(c => width(c) + 'ch').join(' ');
  grid.style.setProperty('--columns', template);

  function drawHead() {
    const headings = shownColumns.map((shownColumn, i) => {
      const sorted = order.by === shownColumn;
      return el('div', {role: 'columnheader', 'aria-colindex': i + 1, class: shownColumn.isText ? null : 'number',
                        'aria-sort': sorted ? (order.falling ? 'descending' : 'ascending') : 'none'},
        el('button', {type: 'button', onclick: () => sortBy(shownColumn)}, shownColumn.title,
          el('span', {class: 'arrow', 'aria-hidden': 'true'}, sorted ? (order.falling ? '▼' : '▲') : '')));
    });
    const fields = shownColumns.map((shownColumn, i) => {
      const field = el('input', {type: 'text', 'aria-label': 'Filter ' + shownColumn.title, spellcheck: 'false',
                                 autocomplete: 'off', placeholder: i === 0 ? 'filter' : ''});
      field.value = filters.has(shownColumn) ? filters.get(shownColumn).typed : '';
      field.addEventListener('input', () => setFilter(shownColumn, field));
      return el('div', {role: 'gridcell'}, field);
    });
    head.replaceChildren(el('div', {role: 'row', class: 'row', 'aria-rowindex': 1}, headings),
                         el('div', {role: 'row', class: 'row', 'aria-rowindex': 2}, fields));
  }

  // Sorting draws the arrows anew and leaves the fields, which may be in use.
  function drawArrows() {
    [...head.firstChild.children].forEach((heading, i) => {
      const sorted = order.by === shownColumns[i];
      heading.setAttribute('aria-sort', sorted ? (order.falling ? 'descending' : 'ascending') : 'none');
      heading.querySelector('.arrow').textContent = sorted ? (order.falling ? '▼' : '▲') : '';
    });
  }

  function drawRow(position) {
    const row = visible[position];
    const marks = [row === state.a ? 'A' : '', row === state.b ? 'B' : ''].join('');
    return el('div', {role: 'row', id: 'row-' + position, 'aria-rowindex': position + 3,
                      'aria-selected': row === state.row ? 'true' : 'false',
                      class: 'row' + (position === current ? ' current' : '') + (row === state.row ? ' open' : '') +
                        (isOk(row) ? '' : ' bad'),
                      style: {top: position * rowHeight + 'px'},
                      onclick: () => { current = position; openPoint(row); }},
      shownColumns.map((shownColumn, i) => {
        const content = cellText(shownColumn, row);
        return el('div', {role: 'gridcell', 'aria-colindex': i + 1, class: shownColumn.isText ? null : 'number',
                          title: content.length > 30 ? content : null},
          content, i === 0 && marks ? el('b', {class: 'mark'}, ' ' + marks) : null);
      }));
  }

  function draw() {
    const above = head.offsetHeight;
    const first = Math.max(0, Math.floor(grid.scrollTop / rowHeight) - 4);
    const count = Math.ceil((grid.clientHeight - above) / rowHeight) + 8;
    const last = Math.min(visible.length, first + Math.max(count, 12));
    const drawn = [];
    for (let position = first; position < last; position++) drawn.push(drawRow(position));
    if (visible.length && (current < first || current >= last)) drawn.push(drawRow(current));
    body.style.height = Math.max(visible.length, 1) * rowHeight + 'px';
    body.replaceChildren(...drawn);
    if (visible.length === 0) body.append(el('p', {class: 'none'}, 'No point passes these filters.'));
    grid.setAttribute('aria-rowcount', visible.length + 2);
    grid.setAttribute('aria-colcount', shownColumns.length);
    if (visible.length) grid.setAttribute('aria-activedescendant', 'row-' + current);
    else grid.removeAttribute('aria-activedescendant');
  }

  function count() {
    const all = visible.length === rows ? '' : ' of ' + groups(String(rows));
    byId('table-count').textContent = groups(String(visible.length)) + all + (rows === 1 ? ' point' : ' points');
  }

  function refresh() {
    select();
    sort();
    current = Math.max(0, visible.indexOf(state.row));
    grid.scrollTop = 0;
    count();
    draw();
    emit('visible');
  }

  function sortBy(shownColumn) {
    if (order.by !== shownColumn) {
      order.by = shownColumn;
      order.falling = false;
    } else if (!order.falling) {
      order.falling = true;
    } else {
      order.by = null;
    }
    drawArrows();
    refresh();
    say(order.by ? 'sorted by ' + shownColumn.title + (order.falling ? ', falling' : ', rising') : 'in the order of the file');
  }

  // --- Moving ---

  function show(position) {
    const top = position * rowHeight, above = head.offsetHeight;
    const seen = grid.clientHeight - above;
    if (top < grid.scrollTop) grid.scrollTop = top;
    else if (top + rowHeight > grid.scrollTop + seen) grid.scrollTop = top + rowHeight - seen;
  }
  function move(position) {
    if (visible.length === 0) return;
    current = Math.min(visible.length - 1, Math.max(0, position));
    show(current);
    draw();
  }
  const page = () => Math.max(1, Math.floor((grid.clientHeight - head.offsetHeight) / rowHeight) - 1);
  grid.addEventListener('keydown', event => {
    if (event.target !== grid || event.ctrlKey || event.metaKey || event.altKey) return;
    const row = visible[current];
    const keys = {
      ArrowDown: () => move(current + 1), ArrowUp: () => move(current - 1),
      PageDown: () => move(current + page()), PageUp: () => move(current - page()),
      Home: () => move(0), End: () => move(visible.length - 1),
      Enter: () => row !== undefined && openPoint(row, true),
      a: () => row !== undefined && choose('a', row), b: () => row !== undefined && choose('b', row),
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  grid.addEventListener('scroll', () => requestAnimationFrame(draw));
  addEventListener('resize', () => requestAnimationFrame(draw));

  // --- Controls ---

  function start() {
    const only = el('input', {type: 'checkbox', id: 'fronts-only'});
    only.addEventListener('change', () => { frontsOnly = only.checked; refresh(); });
    const clear = el('button', {type: 'button', onclick: () => {
      filters.clear();
      order.by = null;
      frontsOnly = only.checked = false;
      drawHead();
      refresh();
    }}, 'Clear filters and order');
    byId('table-controls').append(el('span', {id: 'table-count', role: 'status'}),
      el('label', {}, only, ' only the fronts'), clear);
    byId('table-controls').addEventListener('submit', event => event.preventDefault());
    const said = columns.filter(c => c.constant && c.value(0) !== null && c.value(0) !== undefined && rows > 0)
      .map(c => c.name + ' ' + (typeof c.value(0) === 'number' ? digits(c.value(0)) : c.value(0)));
    byId('same').textContent = said.length ? 'The same for all: ' + said.join(' · ') + '.' : '';
    byId('points-sql').append(sqlBlock(report.sql.points, 'this table'));
    drawHead();
    refresh();
  }

  // The first rows stand on paper, since nothing scrolls there.
  addEventListener('beforeprint', () => {
    const most = Math.min(visible.length, 60);
    body.style.height = most * rowHeight + 'px';
    body.replaceChildren(...Array.from({length: most}, (unused, position) => drawRow(position)));
    if (most < visible.length) {
      body.append(el('p', {class: 'none'}, 'The first ' + most + ' of ' + groups(String(visible.length)) + ' points.'));
    }
  });
  addEventListener('afterprint', draw);

  on('row', () => {
    const at = visible.indexOf(state.row);
    if (at >= 0) move(at);
    else draw();
  });
  on('compare', draw);
  on('network', refresh);
  return {start, visible: () => visible};
})();
