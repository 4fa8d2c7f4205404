import { t } from '../i18n';

/**
 * Lets the keyboard scroll a box whose content is wider than itself: such a box takes the focus, with a name. One that
 * shows everything stays out of the way of the Tab key. To be attached to the box.
 */
export function reachable(box: HTMLElement): () => void {
  const name = t('common.scrolls');
  const look = (): void => {
    if (box.scrollWidth > box.clientWidth) {
      box.tabIndex = 0;
      box.setAttribute('role', 'group');
      box.setAttribute('aria-label', name);
    } else {
      for (const attribute of ['tabindex', 'role', 'aria-label']) box.removeAttribute(attribute);
    }
  };
  const watch = new ResizeObserver(look);
  watch.observe(box);
  for (const content of box.children) watch.observe(content);
  return () => watch.disconnect();
}
