/* What can be done from the keyboard. One table is the source of the keys, the tooltips, the sheet and the palette.
   An action finds what it acts on in the page, by data-action for what is done to the open conversation. What is not on the
   page cannot be done, and is not listed. */
(() => {
  'use strict';
  if (!document.body.dataset.live) return;
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const shown = (element) => element?.checkVisibility({ visibilityProperty: true }) ?? false;
  const tabOf = (name) => document.getElementById(`tab-${name}`);

  // --- doing ----------------------------------------------------------------------------------------------------------

  // reveal opens what hides an element: the panel on narrow screens, and whatever folds.
  const reveal = (element) => {
    if (element.closest('#panel') && !shown(element)) $('[data-panel-toggle]')?.click();
    for (let fold = element.closest('details:not([open])'); fold; fold = fold.parentElement.closest('details:not([open])')) {
      if (!element.closest('summary')) fold.open = true;
      else break;
    }
  };
  const use = (element) => {
    reveal(element);
    if (element.matches('input:not([type="checkbox"]), textarea, select')) {
      element.focus();
      element.scrollIntoView({ block: 'nearest' });
    } else element.click();
  };
  // target prefers what can be seen: the same action may stand in the head and in the panel.
  const target = (name) => {
    const all = $$(`[data-action="${name}"]`).filter((element) => !element.disabled && !element.closest('[hidden], [data-bulk]'));
    return all.find(shown) || all[0];
  };
  // What stands on another tab of the panel is used as soon as that tab is there.
  let afterTab = null;
  const act = (name, tab) => {
    const element = target(name);
    if (element) return use(element);
    afterTab = name;
    tabOf(tab)?.click();
    return undefined;
  };
  document.addEventListener('htmx:after:swap', () => {
    const element = afterTab && target(afterTab);
    if (!element) return;
    afterTab = null;
    use(element);
  });

  const step = (by) => {
    const links = $$('[data-row-link]');
    const here = links.indexOf(document.activeElement);
    const open = links.findIndex((link) => link.hasAttribute('aria-current'));
    const from = here >= 0 ? here : open;
    const link = links[Math.min(links.length - 1, Math.max(0, from + by))];
    link.focus();
    link.scrollIntoView({ block: 'nearest' });
  };
  const rail = (path) => $(`.rail a.rail__item[href="${path}"]`);
  const tab = (nth) => $$('#panel [role="tab"], #profile-tabs [role="tab"]')[nth - 1];
  const label = (element) => element.textContent.trim().replace(/\s+/g, ' ');
  const theme = (name) => () => document.dispatchEvent(new CustomEvent('sb:theme', { detail: name }));

  // --- the table ------------------------------------------------------------------------------------------------------
  // key: one key, or two after each other. on: the element the action is about; without it the action is not possible.
  // hint: that element's tooltip tells the key. palette: false where choosing it from a list makes no sense.

  const onConversation = (id, key, name, icon, tabName) => ({
    id, key, name, icon, group: 'Conversation', hint: true,
    on: () => target(id) || (tabName && tabOf(tabName)),
    run: () => act(id, tabName),
  });
  const go = (key, path, icon) => ({
    id: `go${path}`, key: `g ${key}`, icon, group: 'Go to', hint: true,
    get name() { return `Go to ${label(rail(path))}`; },
    on: () => rail(path), run: () => rail(path).click(),
  });
  const actions = [
    { id: 'next', key: 'j', name: 'Next conversation or contact', group: 'Move', palette: false, on: () => $('[data-row-link]'), run: () => step(1) },
    { id: 'previous', key: 'k', name: 'Previous conversation or contact', group: 'Move', palette: false, on: () => $('[data-row-link]'), run: () => step(-1) },
    { id: 'open', key: 'Enter', name: 'Open it', group: 'Move', palette: false, on: () => $('[data-row-link]') },
    { id: 'select', key: 'x', name: 'Select for a change of many', group: 'Move', palette: false, on: () => $('[data-pick]') },
    { id: 'search', key: '/', name: 'Search this list', icon: 'search', group: 'Anywhere', hint: true, on: () => $('[data-search]'), run: () => { $('[data-search]').focus(); $('[data-search]').select(); } },
    { id: 'palette', key: 'mod k', name: 'Everything that can be done', group: 'Anywhere', palette: false, hint: true, on: () => $('#palette'), run: () => document.dispatchEvent(new CustomEvent('sb:palette')) },
    { id: 'sheet', key: '?', name: 'Keyboard shortcuts', icon: 'keyboard', group: 'Anywhere', hint: true, on: () => $('[data-shortcuts]'), run: () => sheet() },
    onConversation('note', 'n', 'Add a note', 'sticky-note', 'notes'),
    onConversation('close', 'e', 'Close the conversation', 'circle-check'),
    onConversation('snooze', 's', 'Snooze', 'clock'),
    onConversation('label', 'l', 'Add a label', 'tag'),
    onConversation('assign', 'a', 'Assign', 'circle-user'),
    onConversation('transfer', 't', 'Transfer', 'forward'),
    { id: 'flag', key: 'f', get name() { return label(target('flag')); }, icon: 'flag', group: 'Conversation', hint: true, on: () => target('flag'), run: () => act('flag') },
    ...[1, 2, 3, 4, 5, 6].map((nth) => ({
      id: `tab${nth}`, key: String(nth), icon: 'panel-right', group: 'Tabs', hint: true,
      get name() { return `${label(tab(nth))} tab`; },
      on: () => tab(nth), run: () => { reveal(tab(nth)); tab(nth).click(); },
    })),
    go('i', '/inbox', 'inbox'),
    go('c', '/contacts', 'users-round'),
    go('s', '/settings', 'settings'),
    go('n', '/notifications', 'bell'),
    { id: 'theme-light', name: 'Light theme', icon: 'sun', group: 'Theme', on: () => true, run: theme('light') },
    { id: 'theme-dark', name: 'Dark theme', icon: 'moon', group: 'Theme', on: () => true, run: theme('dark') },
    { id: 'theme-system', name: 'Theme of the system', icon: 'monitor', group: 'Theme', on: () => true, run: theme('system') },
    { id: 'sign-out', name: 'Sign out', icon: 'log-out', group: 'You', on: () => $('form[action="/logout"]'), run: () => $('form[action="/logout"]').requestSubmit() },
  ];
  const possible = () => [...actions.filter((action) => action.on()), ...others()];
  // What else can be done to the conversation, under the words of its button.
  const others = () => $$('[data-action]').filter((element) => !actions.some((action) => action.id === element.dataset.action) && target(element.dataset.action) === element)
    .map((element) => ({ id: element.dataset.action, name: label(element), icon: 'corner-down-right', group: 'Conversation', run: () => use(element) }));
  // More places: ready-made and saved views of the list, without their counts; the other screens; the settings.
  const nameOf = (link) => {
    const copy = link.cloneNode(true);
    for (const extra of $$('.views__count, .visually-hidden', copy)) extra.remove();
    return label(copy);
  };
  const iconOf = (link) => $('use', link)?.getAttribute('href').split('#i-')[1] || 'list';
  const groupOf = (link) => (link.closest('#views') ? 'View' : link.closest('#palette-places') ? 'Settings' : 'Go to');
  const places = () => $$('#views a[href], .rail a[href]:not(.rail__brand), #palette-places a')
    .filter((link) => !actions.some((action) => action.group === 'Go to' && action.on() === link))
    .map((link) => ({ id: `to:${link.getAttribute('href')}`, name: nameOf(link), icon: iconOf(link), group: groupOf(link), run: () => link.click() }));

  // --- keys: never while typing, and not at all for those who switched them off ------------------------------------------

  const stored = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
  const store = (name, value) => { try { localStorage.setItem(name, value); } catch { /* private window: for this page only */ } };
  let single = stored('single-keys') !== 'off';
  const typing = (element) => element.closest('input:not([type="checkbox"], [type="radio"]), textarea, select, [contenteditable]') !== null;
  let prefix = '';
  let prefixAt = 0;
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.isComposing || event.altKey || $('dialog[open]')) return;
    const mod = event.ctrlKey || event.metaKey;
    if (mod ? event.key.toLowerCase() !== 'k' || event.shiftKey : !single || typing(event.target)) return;
    const key = mod ? 'mod k' : prefix && Date.now() - prefixAt < 1500 ? `${prefix} ${event.key}` : event.key;
    prefix = '';
    if (!mod && actions.some((action) => action.key?.startsWith(`${event.key} `) && action.on())) {
      prefix = event.key;
      prefixAt = Date.now();
    }
    const action = actions.find((candidate) => candidate.key === key && candidate.run);
    if (!action?.on()) return;
    event.preventDefault();
    action.run();
  });

  // --- tooltips ---------------------------------------------------------------------------------------------------------

  const mac = /Mac|iP/.test(navigator.platform);
  const keyNames = (key) => key.split(' ').map((part) => (part === 'mod' ? (mac ? '⌘' : 'Ctrl') : part.length === 1 && key.startsWith('mod') ? part.toUpperCase() : part));
  const keyText = (key) => (key.startsWith('mod') ? keyNames(key).join('+') : key);
  const hint = () => {
    for (const action of actions) {
      if (!action.hint || !action.key) continue;
      const elements = action.group === 'Conversation' ? $$(`[data-action="${action.id}"]`) : [action.on()];
      if (action.id === 'palette') elements.push(...$$('[data-palette]'));
      for (const element of elements) {
        if (!(element instanceof Element) || element.tagName === 'DIALOG') continue;
        const tip = ` (${keyText(action.key)})`;
        if (!element.title.endsWith(tip)) element.title = (element.title || element.getAttribute('aria-label') || action.name) + tip;
        if (!action.key.includes(' ')) element.setAttribute('aria-keyshortcuts', action.key);
        else if (action.key.startsWith('mod')) element.setAttribute('aria-keyshortcuts', 'Control+K Meta+K');
      }
    }
  };
  document.addEventListener('htmx:after:swap', hint);
  document.addEventListener('htmx:after:history:restore', hint);
  hint();

  // --- the sheet ----------------------------------------------------------------------------------------------------------

  const element = (name, text, ...children) => {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    made.append(...children);
    return made;
  };
  const line = (key, name) => element('div', '', element('dt', '', ...keyNames(key).flatMap((part, i) => (i ? [' ', element('kbd', part)] : [element('kbd', part)]))), element('dd', name));
  function sheet() {
    const list = $('[data-keys]');
    const groups = Object.groupBy(possible().filter((action) => action.key), (action) => action.group);
    list.replaceChildren(...Object.entries(groups).flatMap(([name, entries]) => [
      element('h3', name), element('dl', '', ...entries.map((action) => line(action.key, action.name))),
    ]), element('h3', 'Fields'), element('dl', '', line('Enter', 'Save'), line('mod Enter', 'Add the note or comment, save a long text'), line('Tab', 'Save and go on to the next'), line('Esc', 'Leave without saving')));
    for (const keys of $$('dl', list)) keys.className = 'keys';
    $('[data-single-keys]').checked = single;
    $('#shortcuts').showModal();
  }
  document.addEventListener('click', (event) => { if (event.target.closest('[data-shortcuts]')) sheet(); });
  document.addEventListener('change', (event) => {
    if (!event.target.matches('[data-single-keys]')) return;
    single = event.target.checked;
    store('single-keys', single ? 'on' : 'off');
  });

  window.desk = { possible, places, keyNames, stored, store, element };
})();
