// --- Two points side by side ---

const comparison = (() => {
  const change = (a, b) => (Number.isFinite(a) && Number.isFinite(b) && a !== 0 ? digits(b / a, 4) : '–');
  const signed = value => (value > 0 ? '+' : '') + digits(value);

  function figureRows(a, b) {
    return figures.filter(figure => figure.metric &&
      !(Number.isNaN(figure.source.number(a)) && Number.isNaN(figure.source.number(b))))
      .map(figure => {
        const x = shown(figure, a), y = shown(figure, b);
        return [figureTitle(figure), digits(x), digits(y), signed(y - x), change(x, y)];
      });
  }
  function differences(a, b) {
    const differ = [];
    for (const name of ['workload', 'arch', 'form', 'objective', 'status']) {
      if (column(name).value(a) !== column(name).value(b)) differ.push([name, text(name, a), text(name, b)]);
    }
    for (const parameter of parameters) {
      if (parameter.value(a) !== parameter.value(b)) {
        differ.push([parameter.name, String(parameter.value(a) ?? '–'), String(parameter.value(b) ?? '–')]);
      }
    }
    return differ;
  }

  // Rows of both, by name, the greatest difference first.
  function paired(x, y, scale) {
    return [...new Set([...x.keys(), ...y.keys()])]
      .map(name => ({name, x: x.get(name) || 0, y: y.get(name) || 0}))
      .sort((p, q) => Math.abs(q.y - q.x) - Math.abs(p.y - p.x))
      .map(p => [p.name, digits(p.x * scale.factor), digits(p.y * scale.factor), signed((p.y - p.x) * scale.factor), change(p.x, p.y)]);
  }

  function bars(a, b, x, y) {
    const most = Math.max(...[x, y].map(m => [...m.values()].reduce((sum, value) => sum + value, 0)));
    const both = new Map(x);
    for (const [name, value] of y) both.set(name, Math.max(value, both.get(name) || 0));
    const colours = componentColours(both);
    const bar = (label, sums) => {
      const whole = [...sums.values()].reduce((sum, value) => sum + value, 0);
      return el('div', {class: 'line'}, el('span', {class: 'name'}, label), el('span', {class: 'track'},
        el('div', {style: {width: 100 * whole / most + '%'}},
          stackedBar([...colours.keys()].map(name => [name, sums.get(name) || 0]), whole, colours))));
    };
    return el('div', {}, el('div', {class: 'lines wide'}, bar('A', x), bar('B', y)),
      el('ul', {class: 'keys'}, [...colours].map(([name, colour]) => el('li', {}, swatch(colour), name))));
  }

  const heads = (what, unit) => [what, {text: 'A' + unit, number: true}, {text: 'B' + unit, number: true},
    {text: 'B − A' + unit, number: true}, {text: 'B / A', number: true}];

  function detailTables(a, b) {
    const da = detailsOf(idOf(a)), db = detailsOf(idOf(b));
    if (!da || !db) {
      return [el('p', {class: 'notice'}, 'Components and layers are compared where this page has the layers of both points (' +
        leftOutReason() + ').')];
    }
    const ca = byComponent(energyOf(da.layers)), cb = byComponent(energyOf(db.layers));
    const energy = picojoules(Math.max(...ca.values(), ...cb.values()));
    const la = sumBy(da.layers, l => l.layer, l => l.energy_pj), lb = sumBy(db.layers, l => l.layer, l => l.energy_pj);
    const layerEnergy = picojoules(Math.max(...la.values(), ...lb.values()));
    const ta = sumBy(da.layers, l => l.layer, l => l.latency_cycles), tb = sumBy(db.layers, l => l.layer, l => l.latency_cycles);
    const cycles = {factor: 1};
    return [bars(a, b, ca, cb),
      plainTable('Energy by component', heads('component', ' [' + energy.unit + ']'), paired(ca, cb, energy)),
      el('div', {class: 'sides'},
        plainTable('Energy by layer', heads('layer', ' [' + layerEnergy.unit + ']'), paired(la, lb, layerEnergy)),
        plainTable('Latency by layer', heads('layer', ' [cycles]'), paired(ta, tb, cycles)))];
  }

  function draw() {
    const body = byId('compare-body'), {a, b} = state;
    if (a === null || b === null) {
      body.replaceChildren(el('p', {class: 'help'}, (a === null && b === null ? 'Choose two points, A and B'
        : 'Choose ' + (a === null ? 'A' : 'B') + ' as well; ' + (a === null ? 'B' : 'A') + ' is point ' + idOf(a === null ? b : a)) +
        ': with the buttons of an open point, or a and b on a point in the table or the picture.'));
      return;
    }
    const name = (letter, row) => el('li', {}, el('b', {}, letter + ' '), el('button', {type: 'button', class: 'link',
      onclick: () => openPoint(row, true)}, 'point ' + idOf(row)), ': ' + nameOf(row));
    const differ = differences(a, b);
    const ids = idOf(a) + ', ' + idOf(b);
    body.replaceChildren(el('ul', {class: 'names'}, name('A', a), name('B', b)),
      el('div', {class: 'controls'}, el('button', {type: 'button', onclick: () => {
        [state.a, state.b] = [state.b, state.a];
        emit('compare');
      }}, 'Swap A and B'), el('button', {type: 'button', onclick: () => {
        state.a = state.b = null;
        emit('compare');
      }}, 'Clear')),
      differ.length ? plainTable('What differs', ['', 'A', 'B'], differ)
        : el('p', {}, 'No parameter differs.'),
      plainTable('Figures', heads('figure', ''), figureRows(a, b)), ...detailTables(a, b),
      sqlBlock('SELECT * FROM v_point WHERE point_id IN (' + ids + ')', 'figures'),
      sqlBlock('SELECT component, sum(energy_pj) FILTER (WHERE point_id = ' + idOf(a) + ') AS a_pj,\n  sum(energy_pj) FILTER (WHERE point_id = ' +
        idOf(b) + ') AS b_pj\nFROM v_energy WHERE point_id IN (' + ids + ') GROUP BY component', 'components'),
      sqlBlock('SELECT layer, sum(energy_pj) FILTER (WHERE point_id = ' + idOf(a) + ') AS a_pj,\n  sum(energy_pj) FILTER (WHERE point_id = ' +
        idOf(b) + ') AS b_pj,\n  sum(latency_cycles) FILTER (WHERE point_id = ' + idOf(a) + ') AS a_cycles,\n  sum(latency_cycles) FILTER (WHERE point_id = ' +
        idOf(b) + ') AS b_cycles\nFROM v_layer WHERE point_id IN (' + ids + ') GROUP BY layer', 'layers'));
  }
  on('compare', draw);
  return {draw};
})();
