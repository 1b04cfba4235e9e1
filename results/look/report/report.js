// --- The page as a whole: what it is of, where one is in it, light and dark ---

// --- Acts that several parts have ---

function openPoint(row, go) {
  state.row = row;
  const detail = detailsOf(idOf(row));
  // The layer that takes most comes first.
  state.layer = 0;
  if (detail) detail.layers.forEach((layer, i) => { if (layer.energy_pj > detail.layers[state.layer].energy_pj) state.layer = i; });
  emit('row');
  writePlace();
  say('Point ' + idOf(row) + ' is open');
  if (go) byId('point-heading').focus();
}
function openLayer(i) {
  state.layer = i;
  emit('layer');
  writePlace();
}
function choose(letter, row) {
  state[letter] = row;
  emit('compare');
  writePlace();
  say('Point ' + idOf(row) + ' is ' + letter.toUpperCase() + ' of the comparison');
}

// --- What is not here ---

function leftOutReason() {
  const {details: which, most_bytes: most} = report.request;
  if (which === 'none') return 'it was made with --details none';
  if (ending.left_out) return 'it holds those of ' + ending.detailed.length + (ending.detailed.length === 1 ? ' point; ' : ' points; ') + ending.left_out +
    ' more did not fit into its ' + digits(most / 1048576) + ' MiB, --size-limit allows more';
  return which === 'front' ? 'it holds those of points on fronts; --details all adds the others' : 'it has no mapping';
}

// The options that chose the points of this page, as words of a command.
function filterOptions(without = []) {
  const request = report.request;
  let options = '';
  for (const name of ['sweep', 'workload', 'arch', 'form', 'tag', 'where']) {
    if (request[name] !== undefined && !without.includes(name)) options += ' --' + name + ' ' + quoted(request[name]);
  }
  if (request.sweep_version) options += ' --sweep-version ' + request.sweep_version;
  return options + (request.superseded ? ' --superseded' : '');
}

// --- Heading and end ---

function about() {
  const meta = Object.fromEntries(report.meta.map(pair => [pair.key, pair.value]));
  const request = report.request;
  const bytes = digits(ending.bytes / 1048576, 3) + ' MiB';
  document.title = report.database.replace(/^.*\//, '') + ' – sdse report';
  const networks = report.fronts.length;
  byId('facts').textContent = report.database + ' · ' + groups(String(rows)) + (rows === 1 ? ' point of ' : ' points of ') +
    networks + (networks === 1 ? ' network' : ' networks') + ' · sdse ' + meta.tool_version + ', cost model ' + meta.model_version +
    ' · ' + bytes;
  const make = 'sdse report ' + database + ' -o report.html -O ' + request.objectives.join(',') + ' -d ' + request.details +
    ' --size-limit ' + request.most_bytes / 1048576 + filterOptions();
  const without = rows - ending.detailed.length;
  byId('about-body').append(
    el('p', {}, 'One file of ' + bytes + ' (at most ' + digits(request.most_bytes / 1048576) + ' MiB) that asks no network for anything. It holds the figures of all ' +
      groups(String(rows)) + (rows === 1 ? ' point and, of ' : ' points and, of ') + groups(String(ending.detailed.length)) + ', the layers, mappings and origins' +
      (without ? '; of the other ' + groups(String(without)) + ' it does not: ' + leftOutReason() : '') +
      '. Left out of every point: its front of other mappings, the fronts of its layers, and what the weight form measured. ' +
      'They are in the database:'),
    command('sdse query ' + database + ' "SELECT * FROM v_front WHERE point_id = 1"'),
    command('sdse query ' + database + ' "SELECT * FROM v_layer_front WHERE point_id = 1"'),
    el('p', {}, 'This page again:'), command(make),
    el('h3', {}, 'Versions'),
    plainTable('Made by', ['', ''], [['database made by', 'sdse ' + meta.tool_version], ['cost model', meta.model_version],
      ['this page made by', 'sdse ' + report.program_version],
      ...report.runs.map(run => ['runs by sdse ' + run.tool_version, run.runs + ', ' + digits(run.seconds, 4) + ' s with up to ' +
        run.most_threads + ' threads'])]),
    el('h3', {}, 'Sweeps'),
    plainTable('Every version of every sweep in the file', ['sweep', {text: 'version', number: true}, 'newest', 'objective', {text: 'points', number: true},
      {text: 'done', number: true}, {text: 'ok', number: true}, {text: 'infeasible', number: true}, {text: 'error', number: true}, 'hash'],
      report.sweeps.map(s => [s.sweep, digits(s.version), s.newest ? 'yes' : 'no', s.objective, digits(s.point_count), digits(s.points_done),
        digits(s.points_ok), digits(s.points_infeasible), digits(s.points_error), el('code', {}, s.sweep_hash)])),
    sqlBlock(report.sql.sweeps, 'sweeps'),
    ...report.sweeps.map(s => el('details', {}, el('summary', {}, 'Text of sweep ' + s.sweep + ', version ' + s.version),
      el('pre', {tabindex: '0', class: 'text'}, s.text || ''))));
}

// --- Theme ---

const themes = ['system', 'light', 'dark'];
function setTheme(name) {
  if (name === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  byId('theme').textContent = 'Theme: ' + name;
  byId('theme').dataset.now = name;
  emit('theme');
}
byId('theme').addEventListener('click', () =>
  setTheme(themes[(themes.indexOf(byId('theme').dataset.now || 'system') + 1) % themes.length]));
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => emit('theme'));

// --- Where one is: #point=3&layer=2&a=3&b=7&network=resnet50&theme=dark ---

// Written in place, so that a link to the page names what is open.
function writePlace() {
  const place = new URLSearchParams();
  if (state.row !== null) place.set('point', idOf(state.row));
  if (state.row !== null && detailed.has(idOf(state.row))) place.set('layer', state.layer);
  for (const letter of ['a', 'b']) if (state[letter] !== null) place.set(letter, idOf(state[letter]));
  history.replaceState(null, '', '#' + place);
}
function readPlace() {
  const place = new URLSearchParams(location.hash.slice(1));
  const row = name => (place.has(name) && rowOfId.has(+place.get(name)) ? rowOfId.get(+place.get(name)) : null);
  if (place.has('theme') && themes.includes(place.get('theme'))) setTheme(place.get('theme'));
  const before = [state.a, state.b];
  [state.a, state.b] = [row('a'), row('b')];
  if (before[0] !== state.a || before[1] !== state.b) emit('compare');
  if (row('point') === null) return;
  const layer = place.has('layer') ? +place.get('layer') : null;
  openPoint(row('point'));
  const detail = detailsOf(idOf(state.row));
  if (detail && layer !== null && detail.layers[layer]) openLayer(layer);
}
addEventListener('hashchange', readPlace);

// --- Begin ---

state.network = report.fronts.length ? report.fronts[0].workload : null;
about();
picture.start();
table.start();
pointPanel.draw();
comparison.draw();
readPlace();
document.documentElement.dataset.ready = 'yes';
