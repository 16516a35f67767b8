/* Handling a conversation: the dialog over the thread, the label box, and what happens to a conversation while a form is open. */
(() => {
  'use strict';
  const $ = (selector, root = document) => root.querySelector(selector);
  const dialog = $('#handling');
  if (!dialog) return;

  // --- the dialog: opens when a form was put in, closes when it was done ------------------------------------------------
  let opener = ''; // id of what opened it: the element itself may have been replaced since
  let away = false; // the agent pressed Escape or Cancel while the form was on its way
  const shut = () => {
    dialog.close();
    dialog.replaceChildren();
    document.getElementById(opener)?.focus({ preventScroll: true });
  };
  const show = () => {
    if (!$('[data-handling]', dialog)) return;
    $('#actions-list:popover-open')?.hidePopover();
    if (!dialog.open) dialog.showModal();
    const wrong = $('[aria-invalid="true"]', dialog) || $('[autofocus]', dialog);
    (wrong?.matches('fieldset') ? $('input', wrong) : wrong)?.focus();
  };
  document.addEventListener('htmx:before:request', (event) => {
    const source = event.detail.ctx?.sourceElement;
    if (source?.getAttribute?.('hx-target') === '#handling') {
      opener = source.id;
      away = false;
    }
  });
  document.addEventListener('htmx:after:swap', () => {
    const form = $('[data-handling]', dialog);
    if (form && !form.dataset.shown && !away) {
      form.dataset.shown = 'true';
      show();
    }
  });
  document.addEventListener('htmx:finally:request', (event) => {
    const { sourceElement, response } = event.detail.ctx ?? {};
    if (!sourceElement?.closest?.('#handling form')) return;
    if (response?.status < 400) shut();
  });
  dialog.addEventListener('click', (event) => {
    if (!event.target.closest('[data-dialog-close]')) return;
    event.preventDefault();
    shut();
  });
  dialog.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.isComposing || !event.target.form) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  });
  dialog.addEventListener('cancel', (event) => {
    event.preventDefault();
    away = true;
    shut();
  });

  // --- what the customer or a colleague did while the close form is open -------------------------------------------------
  document.addEventListener('sb:thread', () => {
    $('[data-news]', dialog)?.dispatchEvent(new CustomEvent('sb:news'));
  }, { capture: true });

  // --- label: to the box in the panel ---------------------------------------------------------------------------------------
  let wanted = '';
  const toLabels = () => {
    const input = wanted && document.getElementById(`${wanted}-add`);
    if (!input) return false;
    wanted = '';
    input.focus();
    input.scrollIntoView({ block: 'center' });
    return true;
  };
  document.addEventListener('click', (event) => {
    const link = event.target.closest('[data-label-box]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    $('#actions-list:popover-open')?.hidePopover();
    wanted = link.dataset.labelBox;
    const desk = $('#desk');
    if (!$('#panel')?.checkVisibility({ visibilityProperty: true })) desk.setAttribute('data-panel-open', '');
    if (!toLabels()) $('#tab-conversation')?.click();
  });
  document.addEventListener('htmx:after:swap', () => { if (wanted) setTimeout(toLabels); });

  // --- actions on a phone: the sheet goes away once something was chosen, and for a conversation that is left ---------------
  document.addEventListener('click', (event) => {
    if (event.target.closest('#actions-list button')) setTimeout(() => $('#actions-list:popover-open')?.hidePopover());
  });
  document.addEventListener('htmx:after:swap', () => {
    const inbox = $('.inbox');
    if (inbox && !$('#thread')) inbox.dataset.narrow = 'list';
  });
})();
