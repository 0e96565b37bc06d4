/** Puts a button beside a text that copies it. Where the browser refuses the clipboard, the text is selected instead. */
export function addCopyButton(block: HTMLElement): void {
  const text = block.querySelector('pre');
  if (text === null) return;
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'copy-button';
  button.textContent = 'Copy';
  button.setAttribute('aria-live', 'polite');
  button.addEventListener('click', async () => {
    button.textContent = (await copied(text.textContent ?? '')) ? 'Copied' : selected(text);
  });
  block.prepend(button);
}

async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

function selected(element: HTMLElement): string {
  getSelection()?.selectAllChildren(element);
  return 'Selected';
}
