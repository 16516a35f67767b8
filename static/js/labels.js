/* Choosing labels: typing filters the list, the arrow keys walk through it, a tick saves at once, of a group one is ticked. */
(() => {
  'use strict';
  const { tag } = JSON.parse(document.documentElement.dataset.times || '{}'); // how the viewer writes numbers
  const box = (element) => element?.closest?.('[data-labels]');
  const filter = (section) => section.querySelector('[data-label-filter]');
  const list = (section) => section.querySelector('[data-label-options]');
  const options = (section) => [...section.querySelectorAll('[data-label-option]')];
  const shown = (section) => options(section).filter((option) => !option.hidden);
  const plain = (text) => text.trim().toLowerCase().replace(/\s+/g, ' ');

  // While the list is open a refresh of the panel leaves the box alone.
  const openIn = (section) => {
    if (section.hasAttribute('data-open')) return;
    section.setAttribute('data-open', '');
    section.setAttribute('hx-morph-skip', '');
    filter(section).dispatchEvent(new CustomEvent('sb:labels', { bubbles: false }));
  };
  const close = (section) => {
    section.removeAttribute('data-open');
    section.removeAttribute('hx-morph-skip');
    list(section).replaceChildren();
    for (const was of section.querySelectorAll('[name="was"]')) was.remove();
    section.querySelector('[data-label-status]').textContent = '';
  };
  const narrow = (section) => {
    const text = plain(filter(section).value);
    for (const option of options(section)) option.hidden = !option.dataset.labelOption.includes(text);
    const rows = shown(section);
    const first = rows.length === 0 || !text ? '' : ` Enter sets ${rows[0].dataset.labelOption}.`;
    section.querySelector('[data-label-status]').textContent = rows.length === 0 ? 'No label matches. Enter adds a new one.' : `${rows.length.toLocaleString(tag)} ${rows.length === 1 ? 'label' : 'labels'}.${first} Arrow down goes to the list.`;
  };

  document.addEventListener('input', (event) => {
    if (!event.target.matches('[data-label-filter]')) return;
    openIn(box(event.target));
    narrow(box(event.target));
  });
  document.addEventListener('click', (event) => {
    if (event.target.matches('[data-label-filter]')) openIn(box(event.target));
  });
  // Of a group one at most: htmx hears of the change after this, and sends what is ticked then.
  document.addEventListener('change', (event) => {
    const { labelGroup } = event.target.dataset;
    if (!labelGroup || !event.target.checked) return;
    for (const other of box(event.target).querySelectorAll('[data-label-group]')) {
      if (other !== event.target && other.dataset.labelGroup === labelGroup) other.checked = false;
    }
  }, true);
  // What was saved is what the next tick starts from.
  document.addEventListener('htmx:finally:request', (event) => {
    const { sourceElement: form, response } = event.detail.ctx ?? {};
    if (!form?.matches?.('.labelpick') || !(response?.status < 400)) return;
    for (const old of form.querySelectorAll('[name="was"]')) old.remove();
    for (const pick of form.querySelectorAll('.labelpick__box:checked')) {
      const was = document.createElement('input');
      Object.assign(was, { type: 'hidden', name: 'was', value: pick.value });
      form.append(was);
    }
  });
  // The list is gone when something else has the focus, or is clicked.
  document.addEventListener('focusout', (event) => {
    const section = box(event.target);
    if (section?.hasAttribute('data-open') && event.relatedTarget && !section.contains(event.relatedTarget)) close(section);
  });
  document.addEventListener('pointerdown', (event) => {
    for (const section of document.querySelectorAll('[data-labels][data-open]')) if (!section.contains(event.target)) close(section);
  });
  document.addEventListener('htmx:after:swap', () => {
    for (const section of document.querySelectorAll('[data-labels][data-open]')) if (options(section).length) narrow(section);
  });

  const walk = (event, section) => {
    const rows = shown(section).map((option) => option.querySelector('input'));
    const here = rows.indexOf(document.activeElement);
    const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (to === undefined || (here < 0 && event.key !== 'ArrowDown')) return;
    event.preventDefault();
    (rows[Math.min(to, rows.length - 1)] ?? filter(section)).focus();
  };
  document.addEventListener('keydown', (event) => {
    const section = box(event.target);
    if (!section || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target === filter(section);
    const open = section.hasAttribute('data-open');
    if (event.key === 'Escape' && open) {
      event.preventDefault();
      event.stopPropagation();
      filter(section).value = '';
      filter(section).focus();
      close(section);
    } else if (typing && !open && event.key === 'ArrowDown') {
      event.preventDefault();
      openIn(section);
    } else if (typing && event.key === 'Enter' && plain(event.target.value)) {
      const text = plain(event.target.value);
      const rows = shown(section);
      const row = rows.find((option) => option.dataset.labelOption === text) ?? rows[0];
      if (!row) return; // a new label: the form sends it
      event.preventDefault();
      const pick = row.querySelector('input');
      if (!pick.checked) pick.click();
      event.target.value = '';
      narrow(section);
    } else if (open && !typing && event.key === 'Enter' && event.target.matches('.labelpick__box')) {
      event.preventDefault();
      event.target.click();
    } else if (open) {
      walk(event, section);
    }
  }, true);
})();
