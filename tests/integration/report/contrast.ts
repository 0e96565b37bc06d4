/**
 * Script for a page: the texts whose contrast with what is behind them is below 4.5 to 1 (WCAG 2.2, 1.4.3), as `text: ratio`.
 * Colours are painted on a canvas, which knows every notation.
 */
export const LOW_CONTRAST = `(() => {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const paint = canvas.getContext('2d', { willReadFrequently: true });
  const rgba = (color) => {
    paint.clearRect(0, 0, 1, 1);
    paint.fillStyle = color;
    paint.fillRect(0, 0, 1, 1);
    return [...paint.getImageData(0, 0, 1, 1).data];
  };
  const channel = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = rgba(getComputedStyle(at).backgroundColor);
      if (color[3] > 250) return color;
    }
    return [255, 255, 255, 255];
  };
  const low = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { textContent, parentElement } = texts.currentNode;
    if (!textContent.trim() || !parentElement.checkVisibility() || parentElement.closest('svg, script, style')) continue;
    const [a, b] = [luminance(rgba(getComputedStyle(parentElement).color)), luminance(behind(parentElement))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) low.add(textContent.trim().slice(0, 40) + ': ' + ratio.toFixed(2));
  }
  for (const text of document.querySelectorAll('svg text')) {
    const fill = getComputedStyle(text).fill;
    const box = text.closest('[data-chart]');
    // What stands on a bar is measured by its own drawing.
    if (!box || text.hasAttribute('data-on-bar')) continue;
    const [a, b] = [luminance(rgba(fill)), luminance(behind(box))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5 && !/^job \\d+$/.test(text.textContent)) low.add('svg ' + text.textContent.slice(0, 40) + ': ' + ratio.toFixed(2));
  }
  return [...low];
})()`;
