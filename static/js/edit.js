/* Editing in place: Enter or leaving the field saves, Esc cancels, Tab saves and goes on to the next field. */
(() => {
  'use strict';
  const initial = new WeakMap();
  const value = (form) => form.elements.value?.value ?? '';
  const changed = (form) => value(form) !== (initial.get(form) ?? form.elements.value?.defaultValue ?? '');
  let next = null; // id of the field to open after this one was saved

  // A form that is on its way out (saved, cancelled, replaced) loses the focus too: that must not start anything again.
  const cancel = (form) => {
    const field = form.closest('.field');
    if (!form.isConnected || form.dataset.sent || !field) return;
    form.dataset.sent = 'true';
    htmx.ajax('GET', form.querySelector('[data-cancel]').getAttribute('hx-get'), { source: field, target: field, swap: 'outerHTML' });
  };
  const submit = (form) => { if (form.isConnected && !form.dataset.sent) form.requestSubmit(); };

  document.addEventListener('focusin', (event) => {
    const form = event.target.closest('form[data-inplace], form[data-autosave]');
    if (form && !initial.has(form)) initial.set(form, value(form));
  });
  document.addEventListener('focusout', (event) => {
    const form = event.target.closest('form[data-inplace]');
    if (!form || event.target.name !== 'value' || form.contains(event.relatedTarget)) return;
    if (!document.hasFocus()) return; // the window lost the focus, not the field
    if (changed(form)) submit(form);
    else cancel(form);
  });
  document.addEventListener('change', (event) => {
    const form = event.target.closest('form[data-autosave]');
    if (form) submit(form);
  });
  document.addEventListener('submit', (event) => { event.target.dataset.sent = 'true'; }, true);
  document.addEventListener('htmx:finally:request', (event) => {
    const form = event.detail.ctx?.sourceElement;
    if (form?.matches?.('form')) delete form.dataset.sent;
  });

  document.addEventListener('keydown', (event) => {
    const form = event.target.closest?.('form[data-inplace]');
    if (!form || event.isComposing) return;
    if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      next = form.closest('.field').id;
      cancel(form);
    } else if (event.key === 'Enter' && event.target.tagName === 'TEXTAREA' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      submit(form);
    } else if (event.key === 'Enter' && event.target.tagName === 'SELECT') {
      event.preventDefault();
      submit(form);
    } else if (event.key === 'Tab' && event.target.name === 'value') {
      const fields = [...document.querySelectorAll('.field')];
      const after = fields[fields.indexOf(form.closest('.field')) + (event.shiftKey ? -1 : 1)];
      if (!after) return;
      event.preventDefault();
      next = `open:${after.id}`;
      if (changed(form)) submit(form);
      else cancel(form);
    } else if (event.key === 'Enter') {
      next = form.closest('.field').id;
    }
  }, true);

  // Focus goes on where it was: to the next field, back to the value that was edited, or to the box whose entry is gone.
  let box = null; // id of the box of labels or attributes that was changed last
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (!form.contains(document.activeElement)) return;
    box = form.matches('[data-write]') || form.closest('#list-tools') ? null : form.closest('section[id]')?.id ?? null; // write.js and find.js do it for theirs
    if (form.matches('.inplace') && !next) next = form.closest('.field')?.id ?? null;
  }, true);
  document.addEventListener('click', (event) => {
    const link = event.target.closest('[data-cancel]');
    if (link) next = link.closest('.field').id;
  }, true);
  const goOn = () => {
    const open = next.startsWith('open:');
    const field = document.getElementById(open ? next.slice(5) : next);
    if (!field) return;
    const link = field.querySelector('[data-edit]');
    if (!link && open) return;
    if (!link && field.querySelector('form[data-sent]')) return; // something else was swapped meanwhile
    next = null;
    if (open) link.click();
    else link?.focus();
  };
  document.addEventListener('htmx:after:swap', (event) => {
    if (event.detail.ctx?.sourceElement === document.body) return; // asked for by a script: nobody waits for it
    if (next) goOn();
    else if (box && (document.activeElement === document.body || !document.activeElement)) {
      const section = document.getElementById(box);
      const first = (selector) => section?.querySelector(selector);
      const wrong = first('[aria-invalid="true"]');
      (wrong || first('.add input:not([type="hidden"])') || first('input:not([type="hidden"], .visually-hidden):last-of-type') || first('button, a[href]'))?.focus({ preventScroll: !wrong });
    }
    box = null;
  });

  // --- notices ----------------------------------------------------------------------------------------------------

  const LIFE = 8000;
  const dismiss = (toast) => toast?.remove();
  new MutationObserver((records) => {
    for (const record of records) {
      for (const node of record.addedNodes) {
        if (!(node instanceof Element) || !node.matches('[data-toast]')) continue;
        const toasts = [...node.parentElement.children];
        for (const old of toasts.slice(0, -3)) old.remove();
        if (node.classList.contains('toast--error')) continue; // stays until it is read
        let timer = setTimeout(() => dismiss(node), LIFE);
        node.addEventListener('pointerenter', () => clearTimeout(timer));
        node.addEventListener('focusin', () => clearTimeout(timer));
        node.addEventListener('pointerleave', () => { timer = setTimeout(() => dismiss(node), LIFE); });
      }
    }
  }).observe(document.body, { childList: true, subtree: true });
  document.addEventListener('click', (event) => {
    if (event.target.closest('[data-dismiss]')) dismiss(event.target.closest('[data-toast]'));
  });
  document.addEventListener('htmx:finally:request', (event) => {
    const form = event.detail.ctx?.sourceElement;
    if (form?.matches?.('[data-undo]')) dismiss(form.closest('[data-toast]'));
  });

  // Answers that do not say by themselves what became of the work: none at all, and those of a proxy in between.
  const own = (ctx) => ctx && !(ctx.sourceEvent?.type || '').startsWith('sb:'); // a refresh is nobody's work, and the pill tells
  const tell = (text) => {
    const toast = document.createElement('div');
    toast.className = 'toast toast--error';
    toast.dataset.toast = '';
    toast.setAttribute('role', 'alert');
    const words = document.createElement('span');
    words.textContent = text;
    const close = document.createElement('button');
    close.type = 'button';
    close.className = 'toast__button';
    close.dataset.dismiss = '';
    close.textContent = 'Dismiss';
    toast.append(words, close);
    document.getElementById('toasts')?.append(toast);
  };
  document.addEventListener('htmx:error', ({ detail: { ctx } }) => {
    if (!own(ctx)) return;
    tell(ctx.request.method === 'GET'
      ? 'Switchboard could not be reached. Try again in a moment.'
      : 'Switchboard could not be reached. Your change was not saved; what you typed is still here.');
  });
  document.addEventListener('htmx:response:error', ({ detail: { ctx } }) => {
    const { status, headers } = ctx.response;
    const id = headers.get('X-Request-Id');
    if (!own(ctx) || headers.has('HX-Redirect') || /hx-swap-oob|<hx-partial/.test(ctx.text)) return; // ours: it says so itself
    const work = ctx.request.method === 'GET' ? 'Try again in a moment.' : 'Your change was probably not saved; what you typed is still here.';
    tell(`Switchboard could not answer (error ${status}). ${work}${id ? ` Request ${id}` : ''}`);
  });
  // What was refused is not on the page, and so not in its address.
  document.addEventListener('htmx:before:history:update', (event) => {
    if (event.detail.response?.status >= 400) event.preventDefault();
  });
})();
